import { reportLine } from '../report/bounded-report.ts'
import { publishReport } from '../report/channels.ts'
import { writeTerminationMessage } from '../report/deliver-report.ts'
import type { DrainReport } from '../report/report.ts'
import type { Logger } from '../logger.ts'
import type { Surroundings } from '../surroundings.ts'

/** How long a pipe that nobody reads may keep a drained process from exiting. */
const longestWriteMs = 100

export interface DepartureSettings {
  terminationMessagePath: string | false | undefined
  stdout: boolean
}

/**
 * Leaves the report behind; resolves when the process may exit. All is written before the first await, so that a
 * process which exits without turning its event loop again has said everything too.
 */
export async function depart(
  report: DrainReport,
  { terminationMessagePath, stdout }: DepartureSettings,
  { clock, writeStdout }: Pick<Surroundings, 'clock' | 'writeStdout'>,
  logger: Logger,
): Promise<void> {
  writeTerminationMessage(report, terminationMessagePath, logger)
  publishReport(report)
  if (!stdout) return
  const givenUp = Promise.withResolvers<void>()
  const cancel = clock.after(longestWriteMs, givenUp.resolve)
  await Promise.race([writeStdout(reportLine(report)), givenUp.promise])
  cancel()
}
