/** What came of a number of attempts. */
export interface Attempts {
  readonly succeeded: number
  /** The first failure. */
  readonly failure?: unknown
}

/**
 * Makes `count` attempts in batches of 1, 2, 4 and so on, each at once: what cannot work fails once, and not a thousand
 * times. After a batch with a failure no other is begun.
 */
export async function slowStart(count: number, attempt: () => Promise<void>): Promise<Attempts> {
  let succeeded = 0
  for (let size = 1; succeeded < count; size *= 2) {
    const batch = Array.from({ length: Math.min(size, count - succeeded) }, () => attempt())
    const outcomes = await Promise.allSettled(batch)
    const failures = outcomes.filter((outcome) => outcome.status === 'rejected')
    succeeded += outcomes.length - failures.length
    if (failures[0] !== undefined) return { succeeded, failure: failures[0].reason as unknown }
  }
  return { succeeded }
}
