/** What responses and sockets have in common, seen by someone who writes. */
interface Output {
  write: (...values: never[]) => boolean
  end: (...values: never[]) => unknown
}

/**
 * Drops what is written to a stream from now on, as if it had been sent. For a stream that was ended by someone else than
 * the application: each of its writes would be an 'error' event, and an uncaught exception where nobody listens for it.
 */
export function mute(stream: object): void {
  const output = stream as Output
  output.write = (...values: unknown[]) => {
    answer(values)
    return true
  }
  output.end = (...values: unknown[]) => {
    answer(values)
    return output
  }
}

/** Calls the callback among a writer's arguments. */
function answer(values: unknown[]): void {
  const callback = values.findLast((value) => typeof value === 'function')
  if (callback !== undefined) process.nextTick(callback)
}
