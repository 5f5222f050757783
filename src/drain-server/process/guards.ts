import { inspect } from 'node:util'
import type { Logger } from '../logger.ts'
import { reportLine } from '../report/bounded-report.ts'
import { terminationMessagePath } from '../report/deliver-report.ts'
import type { DrainReport } from '../report/report.ts'
import type { Surroundings } from '../surroundings.ts'
import type { OngoingDrain } from './ongoing-drain.ts'

/**
 * From now on an error that nobody caught does not end the process in the midst of the others' requests: it is counted
 * in the drain, and the drain goes on.
 * @returns a function that gives Node its own behaviour back
 */
export function guardAgainstErrors(
  { errors }: Pick<OngoingDrain, 'errors'>,
  { onUncaughtError }: Pick<Surroundings, 'onUncaughtError'>,
  logger: Logger,
): () => void {
  return onUncaughtError((error) => {
    errors.count += 1
    errors.first ??= error instanceof Error ? String(error) : inspect(error)
    logger.error({ error: inspect(error) }, 'an error that nobody caught: what is in flight is finished first')
  })
}

export interface StuckGuard {
  /** From now. */
  afterMs: number
  onStuck: () => void
  statedPath: string | false | undefined
  /** What is left behind when even onStuck cannot be called. */
  lastReport: DrainReport
}

/**
 * From now on a process that is stuck in its event loop does not wait for kubelet's SIGKILL without a word.
 * @returns a function that ends the watch
 */
export function guardAgainstHanging(
  { afterMs, onStuck, statedPath, lastReport }: StuckGuard,
  { startWatchdog }: Pick<Surroundings, 'startWatchdog'>,
  logger: Logger,
): () => void {
  const path = terminationMessagePath(statedPath)
  const watchdog = startWatchdog({
    afterMs,
    onStuck,
    onUnavailable: (error) => logger.warn({ error: String(error) }, 'a stuck event loop cannot be watched for'),
    ...(path !== false && { lastWords: { path, text: reportLine(lastReport) } }),
  })
  return () => watchdog.stop()
}
