import type { Clock } from '../../kube/index.ts'
import type { RunningContainer } from './runtime.ts'

/** However little grace is left, a container has so long between SIGTERM and SIGKILL. */
const leastTermSeconds = 2

export interface StopOptions {
  readonly clock: Clock
  readonly running: RunningContainer
  readonly graceSeconds: number
  /** Runs the preStop hook; rejects when it failed. Absent: there is none. */
  readonly preStop?: () => Promise<void>
  /** Resolves when what must end before has ended: a sidecar's turn. */
  readonly turn?: Promise<void>
  readonly onHookFailed: () => void
}

/**
 * Ends a container: preStop, SIGTERM, SIGKILL at the end of its grace. The hook's time counts as grace, in whole
 * seconds; a hook that fails, or takes all of the grace, is followed by SIGTERM at once. Resolves when it has ended.
 */
export async function stopContainer(options: StopOptions): Promise<void> {
  const { clock, running, graceSeconds, preStop, turn, onHookFailed } = options
  let leftSeconds = graceSeconds
  if (preStop !== undefined && leftSeconds > 0) {
    leftSeconds -= await secondsOf(clock, leftSeconds, preStop().catch(onHookFailed))
  }
  if (turn !== undefined && leftSeconds > 0) leftSeconds -= await secondsOf(clock, leftSeconds, turn)
  running.signal('SIGTERM')
  const kill = clock.setTimeout(() => running.signal('SIGKILL'), Math.max(leftSeconds, leastTermSeconds) * 1000)
  await running.exited
  kill.cancel()
}

/** Whole seconds that this took, at most `mostSeconds`: it is not waited for longer. */
async function secondsOf(clock: Clock, mostSeconds: number, work: Promise<unknown>): Promise<number> {
  const startedMs = clock.monotonicMs()
  await new Promise<void>((resolve) => {
    const timer = clock.setTimeout(resolve, mostSeconds * 1000)
    void work.then(() => {
      timer.cancel()
      resolve()
    })
  })
  return Math.floor((clock.monotonicMs() - startedMs) / 1000)
}
