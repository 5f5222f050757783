import type { Transcript } from './transcript.ts'

/** A request of whatever protocol the target speaks first. */
export interface Asked extends Transcript {
  /** The body of the response; without a complete one, `lost:` and why. Never rejects. */
  readonly answered: Promise<string>
}

/**
 * How a connection ends that comes when the listener closes. It is refused, or reset: the kernel may complete one
 * between the server's last look at its backlog and the close, and no server can know.
 */
export const closedListener = ['ECONNREFUSED', 'ECONNRESET'] as const

/** What an answer begins with that never came. */
export const lost = 'lost: '
