export type DrainErrorCode =
  /** An option or environment variable is out of its range; thrown by drain(), before anything is changed. */
  | 'ERR_DRAIN_OPTION'
  /** drain() was given something that is no server and holds none; nothing is changed. */
  | 'ERR_DRAIN_TARGET'
  /** drain() was given a server that is drained already; that drain goes on unchanged. */
  | 'ERR_DRAIN_ADOPTED'
  /** A parameter of `/admin/drain` is out of its range; answered with 400, no drain starts. */
  | 'ERR_DRAIN_PARAMETER'
  /** requestSignal() was given a request that no adopted server received. */
  | 'ERR_DRAIN_UNKNOWN_REQUEST'
  /** The reason of every AbortSignal that the drain deadline aborts. */
  | 'ERR_DRAIN_DEADLINE'
  /** The reason of a request's AbortSignal when its client left before the response was complete. */
  | 'ERR_DRAIN_CLIENT_GONE'

/** Every failure of this library that a caller may tell apart, by its code. */
export class DrainError extends Error {
  readonly code: DrainErrorCode

  constructor(code: DrainErrorCode, message: string) {
    super(message)
    this.name = 'DrainError'
    this.code = code
  }
}
