import { DrainError } from '../errors.ts'
import type { Clock } from '../clock.ts'

export interface HookContext {
  /** Milliseconds until the hook is abandoned. */
  remainingMs: number
  /** Aborted at that moment (reason: DrainError ERR_DRAIN_DEADLINE). */
  signal: AbortSignal
}

export interface HookOptions {
  /** Names the hook in the log and in the report. */
  name?: string
}

/** Closes what requests needed, such as a database pool. Runs when no request is left and the listener is closed. */
export type DrainHook = (context: HookContext) => void | Promise<void>

/**
 * Runs the hooks one after the other, in the order in which they were added. A hook that throws is reported and the
 * next one runs; when the time is up, the rest is abandoned.
 *
 * @returns whether all of them came to an end in time
 */
export async function runHooks(
  hooks: Iterable<DrainHook>,
  remainingMs: number,
  clock: Clock,
  onError: (error: unknown) => void,
): Promise<boolean> {
  const untilMs = clock.nowMs() + remainingMs
  const controller = new AbortController()
  const timeUp = Promise.withResolvers<'timeUp'>()
  const cancel = clock.after(Math.max(0, remainingMs), () => {
    controller.abort(new DrainError('ERR_DRAIN_DEADLINE', 'the grace period of this process is about to end'))
    timeUp.resolve('timeUp')
  })
  try {
    for (const hook of hooks) {
      const context = { remainingMs: Math.max(0, untilMs - clock.nowMs()), signal: controller.signal }
      const ended = Promise.resolve(context).then(hook).catch(onError)
      if ((await Promise.race([ended, timeUp.promise])) === 'timeUp') return false
    }
    return true
  } finally {
    cancel()
  }
}
