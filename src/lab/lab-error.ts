/** What may go wrong between the lab's runner and its agents, as a caller may want to tell it apart. */
export type LabErrorCode =
  /** The request's body or a field of it cannot be used; nothing was started. */
  | 'INVALID_REQUEST'
  /** The target is not in the agent's allow-list; nothing was sent. */
  | 'TARGET_NOT_ALLOWED'
  /** No run with this id, or no such path. */
  | 'NOT_FOUND'
  /** A run with this id exists already. */
  | 'ID_TAKEN'
  /** The run has to be stopped, or to end by itself, first. */
  | 'STILL_RUNNING'
  /** The agent keeps as many runs as it may; delete one. */
  | 'TOO_MANY_RUNS'
  /** An answer that is not the agent's: a proxy's error, or a body cut short. */
  | 'BAD_ANSWER'

/** The lab's only error class. */
export class LabError extends Error {
  readonly code: LabErrorCode

  constructor(code: LabErrorCode, message: string) {
    super(message)
    this.name = 'LabError'
    this.code = code
  }
}
