/**
 * Ctrl-C and SIGTERM end a run in good order: the signal aborts, whatever was started is ended, then the process. A second
 * one ends the process at once.
 */
export function interruption(): AbortSignal {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => stop.abort(new Error(`interrupted by ${signal}`)))
  }
  return stop.signal
}
