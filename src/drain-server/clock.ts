/** Time, injected so that tests can run a drain on a virtual clock. */
export interface Clock {
  /** Milliseconds on a monotonic clock; only differences mean anything. */
  nowMs(): number
  /** Wall-clock milliseconds since the Unix epoch. */
  wallMs(): number
  /** Calls back once after the delay, unless the returned function was called before. */
  after(delayMs: number, callback: () => void): () => void
}

/** Node allows no timer beyond 2^31 - 1 ms; a longer one would fire at once. */
const longestTimerMs = 2 ** 31 - 1

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(delayMs, longestTimerMs))
    return () => clearTimeout(timer)
  },
}

/** One turn of the event loop: everything that was readable when it was called has been read when it resolves. */
export function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
