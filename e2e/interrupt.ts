/** Ctrl-C and SIGTERM end a run in good order: the signal aborts, whatever was started is ended, then the process. */
export function interruption(): AbortSignal {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => stop.abort(new Error(`interrupted by ${signal}`)))
  }
  return stop.signal
}
