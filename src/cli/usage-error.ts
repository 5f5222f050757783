/** What was asked for cannot be done, and nothing was started. The message says what to write instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
