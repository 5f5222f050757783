import { accessSync, constants, writeFileSync } from 'node:fs'
import type { Logger } from '../logger.ts'
import { reportLine } from './bounded-report.ts'
import type { DrainReport } from './report.ts'

/** Where Kubernetes looks when the container's terminationMessagePath is not set. */
const kubernetesDefaultPath = '/dev/termination-log'

/** Where kubelet picks the report up: the stated path, else Kubernetes's default where it can be written. */
export function terminationMessagePath(statedPath: string | false | undefined): string | false {
  return statedPath ?? (isWritable(kubernetesDefaultPath) ? kubernetesDefaultPath : false)
}

/**
 * Writes the report where kubelet picks it up. A report that cannot be written is told to the log and is no reason to
 * fail: the drain itself is over.
 */
export function writeTerminationMessage(
  report: DrainReport,
  statedPath: string | false | undefined,
  logger: Logger,
): void {
  const path = terminationMessagePath(statedPath)
  if (path === false) return
  try {
    writeFileSync(path, reportLine(report))
  } catch (error) {
    logger.warn({ path, error: String(error) }, 'the drain report could not be written')
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
