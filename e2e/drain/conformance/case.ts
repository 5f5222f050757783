import type { DrainOptions, DrainReport } from 'drain-server'
import type { Facts } from './facts.ts'
import type { Stage } from './stage.ts'
import type { Ability, Protocol, Target } from './target.ts'

/** One thing that must hold of every target that it concerns. */
export interface Case {
  /** What must hold, as a sentence. */
  name: string
  /** It concerns the targets that speak one of these. */
  protocols: readonly Protocol[]
  /** It concerns only targets that have all of these. */
  needs?: readonly Ability[]
  settings?: Settings
  /**
   * How the process must end.
   * @default exit code 0 and a report with the verdict clean
   */
  ends?: { code: number; verdict: DrainReport['verdict'] | 'no report' }
  /** Why connections of this case may end with RST; without a reason, FIN is what each client must see. */
  mayReset?: string
  run(stage: Stage): Promise<void>
  /** What the report must say, next to what holds for every report. */
  judgeReport?(report: DrainReport, facts: Facts): void
}

export interface Settings {
  /** D, as the operator's contract sets it. */
  delaySeconds?: number
  /** The pod's grace period: at its end the suite sends SIGKILL, as kubelet would. */
  graceSeconds?: number
  /** Of drain(), for targets that call it. */
  options?: DrainOptions
  /** The hook that the application adds, next to one that only tells that it ran. */
  hook?: 'hang' | 'throw'
}

export function concerns({ protocols, needs = [] }: Case, target: Target): boolean {
  return (
    protocols.some((protocol) => target.protocols.includes(protocol)) &&
    needs.every((ability) => !target.without.includes(ability))
  )
}
