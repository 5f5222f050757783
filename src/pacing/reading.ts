/** Requests that ended, and how many of them failed. Whole numbers, errors never more than requests. */
export interface Counts {
  readonly requests: number
  readonly errors: number
}

/**
 * Whose requests they were. The cure differs: draining pods need a longer drain delay, a new version a pause or a
 * rollback, and nothing that a rollout does helps the background. `service` is all of them together, where a signal
 * cannot tell them apart.
 */
export const origins = ['draining', 'newVersion', 'background', 'service'] as const
export type Origin = (typeof origins)[number]

/** Why a signal has nothing to say. Each is told in our own words: no text of another server is ever passed on. */
export const silences = [
  /** The other side cannot be reached, or ended the connection. */
  'Unreachable',
  /** No complete answer within the timeout. */
  'Timeout',
  /** 401 or 403. */
  'Unauthorized',
  /** The answer points elsewhere. It is never followed. */
  'Redirected',
  /** The address is one that no signal may ask, such as a link-local one. */
  'Forbidden',
  /** Any other status than 200. */
  'Refused',
  /** Larger than we read, not what its format says, or of another shape than the query asks for. */
  'Malformed',
  /** NaN, infinite, negative, or more errors than requests. */
  'Impossible',
  /** It answered, and has no such series, or no pod could be asked. */
  'NoData',
  /** The administrator has not named such an endpoint, or its Secret is not there. */
  'NotConfigured',
] as const
export type Silence = (typeof silences)[number]

/** What a signal says of one span of time. No data is never health, and never a failure. */
export type Reading =
  | { readonly kind: 'counts'; readonly counts: Readonly<Partial<Record<Origin, Counts>>> }
  | { readonly kind: 'silent'; readonly reason: Silence; readonly message: string }
