import type { TrialReply } from './client.ts'

/** One library in one scenario, over all repetitions. */
export interface Cell {
  scenario: string
  library: string
  asked: number
  lost: number
  resets: number
  /** How often the process was alive at the cap. */
  killed: number
  /** Of the repetitions that exited; null when none did. */
  exitMs: { median: number; least: number; most: number } | null
  /** Each kind of loss with its number. */
  reasons: Record<string, number>
  /** Trials that did not come about. */
  errors: string[]
}

export interface Verdict {
  /** Scenarios in which drain-server lost something, had to be killed, or could not take part. */
  lossy: string[]
  /** Peers that exited sooner than drain-server in a scenario, and lost nothing in it. */
  faster: { scenario: string; library: string; byMs: number }[]
}

/** Exits closer to each other than this are told apart by the machine's noise alone. */
export const sameExitMs = 100

export function cellOf(scenario: string, library: string, replies: readonly TrialReply[]): Cell {
  const results = replies.flatMap((reply) => ('result' in reply ? [reply.result] : []))
  const exits = results.flatMap(({ exitMs }) => (exitMs === null ? [] : [exitMs])).sort((a, b) => a - b)
  const reasons: Record<string, number> = {}
  for (const reason of results.flatMap(({ lost }) => lost)) reasons[reason] = (reasons[reason] ?? 0) + 1
  const sum = (of: (result: (typeof results)[number]) => number): number =>
    results.reduce((total, each) => total + of(each), 0)
  return {
    scenario,
    library,
    asked: sum(({ asked }) => asked),
    lost: sum(({ lost }) => lost.length),
    resets: sum(({ resets }) => resets),
    killed: results.length - exits.length,
    exitMs:
      exits.length === 0
        ? null
        : { median: Math.round(median(exits)), least: Math.round(exits[0] ?? 0), most: Math.round(exits.at(-1) ?? 0) },
    reasons,
    errors: replies.flatMap((reply) => ('error' in reply ? [reply.error] : [])),
  }
}

/** What the benchmark is to show: drain-server loses nothing, and nobody is faster without losing something. */
export function judge(cells: readonly Cell[]): Verdict {
  const ours = cells.filter(({ library }) => library === 'drain-server')
  const verdict: Verdict = { lossy: [], faster: [] }
  for (const own of ours) {
    if (own.lost > 0 || own.killed > 0 || own.errors.length > 0) verdict.lossy.push(own.scenario)
    for (const peer of cells) {
      if (peer.scenario !== own.scenario || peer === own || peer.lost > 0 || peer.killed > 0 || peer.exitMs === null)
        continue
      const byMs = (own.exitMs?.median ?? Number.POSITIVE_INFINITY) - peer.exitMs.median
      if (byMs > sameExitMs) verdict.faster.push({ scenario: own.scenario, library: peer.library, byMs })
    }
  }
  return verdict
}

function median(sorted: readonly number[]): number {
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}
