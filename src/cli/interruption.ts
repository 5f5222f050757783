/**
 * Ctrl-C, SIGTERM and the end of the terminal end a run in good order: the signal aborts, whatever was started is
 * ended, then the process. So does the end of whoever reads the output (`| head`). A second Ctrl-C or SIGTERM ends the
 * process at once.
 */
export function interruption(): AbortSignal {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(130)
      stop.abort(new Error(`interrupted by ${signal}`))
    })
  }
  // The shell and the kernel may both tell that the terminal is gone: nobody is impatient.
  process.on('SIGHUP', () => stop.abort(new Error('the terminal is gone')))
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', () => stop.abort(new Error('nobody reads the output any more')))
  }
  return stop.signal
}
