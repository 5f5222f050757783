/**
 * Why a cluster could not be had.
 *
 * - `MissingPieces`: this machine lacks something; the message names each with its cure.
 * - `StartFailed`: a part of the cluster did not come up; the message names its log.
 * - `CommandFailed`: a program that was called failed; the message holds what it said.
 * - `NotRunning`: there is no such cluster, node, pod or container.
 * - `ImageNotMapped`: the provider cannot load images, and the user named no reference for this one.
 * - `InvalidImage`: the image cannot be written as described.
 * - `NoFreeSubnet`: every subnet that the local provider may use is taken.
 */
export type ClusterErrorCode =
  | 'MissingPieces'
  | 'StartFailed'
  | 'CommandFailed'
  | 'NotRunning'
  | 'ImageNotMapped'
  | 'InvalidImage'
  | 'NoFreeSubnet'

export class ClusterError extends Error {
  override readonly name = 'ClusterError'
  readonly code: ClusterErrorCode

  constructor(code: ClusterErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
