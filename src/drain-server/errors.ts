/** What each code says has happened. */
export const drainErrors = {
  ERR_DRAIN_OPTION:
    'an option, an environment variable or the contract file is not what it must be; thrown before anything is changed',
  ERR_DRAIN_TARGET: 'drain() was given something that is no server and holds none; nothing is changed',
  ERR_DRAIN_ADOPTED: 'drain() was given a server that is drained already; that drain goes on unchanged',
  ERR_DRAIN_PARAMETER: 'a parameter of /admin/drain is out of its range; answered with 400, no drain starts',
  ERR_DRAIN_UNKNOWN_REQUEST: 'requestSignal() was given a request that no adopted server received',
  ERR_DRAIN_DEADLINE:
    "the reason of drainer.signal, of each requestSignal() and of a hook's signal when its time is up",
  ERR_DRAIN_CLIENT_GONE: "the reason of a request's signal when its client left before the response was complete",
} as const

export type DrainErrorCode = keyof typeof drainErrors

/** Every failure of this library that a caller may tell apart, by its code. */
export class DrainError extends Error {
  readonly code: DrainErrorCode

  constructor(code: DrainErrorCode, message: string) {
    super(message)
    this.name = 'DrainError'
    this.code = code
  }
}
