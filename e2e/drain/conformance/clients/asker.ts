import type { Transcript } from './transcript.ts'

/** A request of whatever protocol the target speaks first. */
export interface Asked extends Transcript {
  /** The body of the response; without a complete one, `lost:` and why. Never rejects. */
  readonly answered: Promise<string>
}

/** What an answer begins with that never came. */
export const lost = 'lost: '
