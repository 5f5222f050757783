import { plainText, reportLimits } from './report.ts'
import type { DrainReport } from './report.ts'

/** Kubelet keeps this many bytes of a container's termination message. */
export const longestReportBytes = 4096

/**
 * The report with its texts made plain and its lists short, so that its line fits into a termination message whatever
 * the names in it are. What does not fit goes in this order: hooks that went well, the last first; peers, the one
 * that came last last; the other hooks.
 */
export function boundedReport(report: DrainReport): DrainReport {
  const { peers, ...late } = report.late
  const bounded: DrainReport = { ...report, late }
  if (peers !== undefined) {
    bounded.late.peers = peers
      .slice(0, reportLimits.peers)
      .map((peer) => ({ ...peer, address: plainText(peer.address, reportLimits.peerAddress) }))
  }
  if (report.hooks !== undefined) {
    bounded.hooks = report.hooks.map((hook) => ({ ...hook, name: plainText(hook.name, reportLimits.hookName) }))
    while (bounded.hooks.length > reportLimits.hooks) dropHook(bounded.hooks)
  }
  if (report.errors !== undefined) {
    const { count, first } = report.errors
    bounded.errors = { count, first: first === null ? null : plainText(first, reportLimits.errorMessage) }
  }
  while (Buffer.byteLength(reportLine(bounded)) > longestReportBytes && dropLeastUseful(bounded));
  return bounded
}

/** One line of JSON: at most 4 KiB for a bounded report. */
export function reportLine(report: DrainReport): string {
  return `${JSON.stringify(report)}\n`
}

/** @returns false when nothing is left that could go */
function dropLeastUseful({ hooks = [], late: { peers = [] } }: DrainReport): boolean {
  if (hooks.some(({ outcome }) => outcome === 'ok')) return dropHook(hooks)
  return peers.pop() !== undefined || dropHook(hooks)
}

/** Of the hooks that went well the last one; when there is none, the last of all. */
function dropHook(hooks: NonNullable<DrainReport['hooks']>): boolean {
  const index = hooks.findLastIndex(({ outcome }) => outcome === 'ok')
  return hooks.splice(index === -1 ? hooks.length - 1 : index, 1).length > 0
}
