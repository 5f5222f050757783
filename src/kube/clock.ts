/** A pending callback of a {@link Clock}. */
export interface Timer {
  /** Prevents the callback. Harmless when it has already run. */
  cancel(): void
}

/**
 * Every wait and every reading of time in the operator goes through a Clock, so that the same code runs on the real
 * clock and, in tests, on a virtual one.
 */
export interface Clock {
  /** Wall time in milliseconds since the epoch. It may jump: use it for what people read, never for durations. */
  now(): number
  /** Milliseconds from an arbitrary origin that never go back. Use it for durations and deadlines. */
  monotonicMs(): number
  /** Runs `callback` once, `delayMs` from now. */
  setTimeout(callback: () => void, delayMs: number): Timer
  /**
   * Resolves after `delayMs`.
   * @throws the signal's reason, at once, when `signal` aborts.
   */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>
}

/** Numbers in [0, 1), for jitter. */
export type Random = () => number

/** Node stores a timer's delay as a signed 32-bit integer; a longer one would fire at once. */
const longestDelayMs = 2 ** 31 - 1

/** `clock.sleep` for any clock, built on its `setTimeout`. */
export function sleepOn(clock: Pick<Clock, 'setTimeout'>, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error)
      return
    }
    const onAbort = (): void => {
      timer.cancel()
      reject(signal?.reason as Error)
    }
    const timer = clock.setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, delayMs)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimeout(callback, delayMs) {
    const handle = setTimeout(callback, Math.min(Math.max(0, delayMs), longestDelayMs))
    return { cancel: () => clearTimeout(handle) }
  },
  sleep: (delayMs, signal) => sleepOn(systemClock, delayMs, signal),
}
