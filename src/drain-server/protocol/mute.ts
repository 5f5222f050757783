/** What responses and sockets have in common, seen by someone who writes. */
interface Output {
  write: (...values: never[]) => boolean
  end: (...values: never[]) => unknown
}

/**
 * Drops what is written to a stream from now on, as if it had been sent. An application does not expect its stream to be
 * ended by someone else: each write after that end would be an 'error' event, and an uncaught exception where nobody
 * listens for it. end() still ends the stream, without its last chunk.
 */
export function mute(stream: object): void {
  const output = stream as Output
  const end = output.end.bind(output)
  output.write = (...values: unknown[]) => {
    answer(values)
    return true
  }
  output.end = (...values: unknown[]) => {
    end()
    answer(values)
    return output
  }
}

/** Calls the callback among a writer's arguments. */
function answer(values: unknown[]): void {
  const callback = values.findLast((value) => typeof value === 'function')
  if (callback !== undefined) process.nextTick(callback)
}
