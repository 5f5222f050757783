import type { Epoch, Judged } from './epoch.ts'
import type { Verdict } from './verdict.ts'

/** How often containers ended by themselves and were started again. */
export interface CrashCounts {
  readonly ofNewVersion: number
  readonly ofOthers: number
}

/** One may have been its node's fault. */
const fewestToBlame = 2

/**
 * What was judged, with what crashed: a version whose containers end again and again is to blame, unless the others do so
 * as often. It stays for the epoch, as every breach does.
 */
export function withCrashes(judged: Judged, { ofNewVersion, ofOthers }: CrashCounts, { blameFromMs }: Epoch): Judged {
  const blamed = ofNewVersion >= fewestToBlame && ofNewVersion > ofOthers
  if (!blamed || judged.pace.blame === 'newVersion') return judged
  const { counts, interval, limit, attribution } = judged.verdict
  const because = `containers of the new version ended ${ofNewVersion} times by themselves, and ${ofOthers} times elsewhere`
  const verdict: Verdict = { kind: 'Breached', counts, interval, limit, attribution, because }
  return {
    memory: { ...judged.memory, breach: { blame: 'newVersion', verdict } },
    pace: { outcome: 'Breached', blame: 'newVersion', sinceMs: blameFromMs },
    verdict,
  }
}
