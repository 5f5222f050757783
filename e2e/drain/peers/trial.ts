import type { Processes } from './processes.ts'
import type { Rolled } from './rolling.ts'

/** How the requests of one client ended, by the client's own words; 'OK' is what was hoped for. */
export interface Counts {
  requests: number
  outcomes: Record<string, number>
}

export interface Measured extends Counts, Rolled {}

/**
 * One client and one kind of server, which is ended and started again under the client's load.
 *
 * `nothing lost` is what drain-server owes. `something lost` is a control: where the same client sees no failure from a
 * server without it, the trial next to it would show nothing. `told` is a figure for the docs, whatever it is.
 */
export interface Trial {
  name: string
  group: 'grpc' | 'http' | 'python' | 'nginx'
  expected: 'nothing lost' | 'something lost' | 'told'
  run(stage: Stage): Promise<Measured>
}

export interface Stage {
  processes: Processes
  /** How long the client sends. */
  seconds: number
  /** Folder of the Go clients. */
  go: string
  /** Folder of the Python programs. */
  python: string
  /** An empty folder of this run. */
  folder: string
}

export interface Verdict {
  trial: Pick<Trial, 'name' | 'group' | 'expected'>
  measured?: Measured
  lost: number
  passed: boolean
  /** What failed, or how requests ended other than well. */
  detail: string
}

export function judge(trial: Trial, measured: Measured): Verdict {
  const lost = measured.requests - (measured.outcomes['OK'] ?? 0)
  const losses = Object.entries(measured.outcomes).filter(([outcome]) => outcome !== 'OK')
  const complaints: string[] = []
  if (measured.requests < 100) complaints.push('too few requests to tell')
  if (measured.drains === 0) complaints.push('no drain under load')
  if (trial.expected === 'nothing lost') {
    if (lost > 0) complaints.push('requests were lost')
    if (measured.badExits.length > 0) complaints.push(`exits: ${measured.badExits.join(', ')}`)
  }
  if (trial.expected === 'something lost' && lost === 0) complaints.push('a control without a loss proves nothing')
  return {
    trial: { name: trial.name, group: trial.group, expected: trial.expected },
    measured,
    lost,
    passed: complaints.length === 0,
    detail: [...complaints, ...losses.map(([outcome, count]) => `${count} ${outcome}`)].join('; '),
  }
}
