import { DrainError } from '../errors.ts'
import type { Clock } from '../clock.ts'

export interface HookContext {
  /** Milliseconds until the hook is abandoned. */
  remainingMs: number
  /** Aborted at that moment (reason: DrainError ERR_DRAIN_DEADLINE). */
  signal: AbortSignal
}

export interface HookOptions {
  /**
   * Names the hook in the log and in the report.
   * @default the function's own name, else `hook <number>`
   */
  name?: string
  /**
   * Hooks of a lower order run first; hooks of the same order run in the order in which they were added.
   * @default 0
   */
  order?: number
  /**
   * When the hook is abandoned, in milliseconds after its start. It is abandoned earlier when the grace period ends.
   * @default what is left of the grace period
   */
  timeoutMs?: number
}

/** How one hook went. */
export interface HookRun {
  name: string
  /** drain: onDrain(). start: onStart(). */
  phase: 'start' | 'drain'
  /** From its start to its end, or until it was abandoned. */
  durationMs: number
  /** failed: it threw or rejected. abandoned: it took too long. skipped: no time was left to start it. */
  outcome: 'ok' | 'failed' | 'abandoned' | 'skipped'
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
