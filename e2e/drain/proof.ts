/** The page of what drain-server was put through, from the artifacts of the last runs. */
import type { Artifact } from '../artifact.ts'
import { markdownTable } from './bench/markdown.ts'

interface Tally {
  sent: number
  lost: number
}

interface RepeatFigures {
  drained: {
    repetitions: number
    tallies: Record<'closed' | 'open', Tally>
    lateConnections: number
    differenceMs: { p50: number; p95: number; max: number }
    inaccurate: number
  }
  control: { repetitions: number; tallies: Record<'closed' | 'open', Tally> }
}

interface PeersFigures {
  verdicts: {
    trial: { name: string; group: string; expected: string }
    lost: number
    passed: boolean
    measured?: { requests: number; drains: number }
    detail: string
  }[]
}

interface ConformanceFigures {
  seconds: number
  passed: number
  failed: number
  withoutTheLibrary?: { failed: string[]; passed: string[] }
  cells: { case: string; target: string; passed: boolean; facts: number }[]
}

interface NodesFigures {
  results: { node: string; runs: { what: string; passed: boolean; summary: string; seconds: number }[] }[]
}

type Read = (name: string) => Artifact | undefined
type With<Figures> = (Artifact & { figures: Figures }) | undefined

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** @param read gives the artifact of a command's last run; what was not run has no section */
export function proofPage(read: Read, provenance: (artifact: Artifact) => string): string {
  const conformance = read('conformance-drain') as With<ConformanceFigures>
  const repeat = read('bench-repeat') as With<RepeatFigures>
  const peers = read('verify-peers') as With<PeersFigures>
  const nodes = read('test-nodes') as With<NodesFigures>
  const parts = [
    '<!-- Generated from artifacts/ by `npm run docs:figures`: run the commands again to change it. -->',
    '# What drain-server was put through',
    ...(repeat === undefined ? [] : [...repeatPart(repeat.figures), provenance(repeat)]),
    ...(peers === undefined ? [] : [...peersPart(peers.figures), provenance(peers)]),
    ...(conformance === undefined ? [] : [...conformancePart(conformance.figures), provenance(conformance)]),
    ...(nodes === undefined ? [] : [...nodesPart(nodes.figures), provenance(nodes)]),
  ]
  return `${parts.join('\n\n')}\n`
}

function repeatPart({ drained, control }: RepeatFigures): string[] {
  const row = (name: string, repetitions: number, tallies: Record<'closed' | 'open', Tally>): string[] => [
    name,
    whole.format(repetitions),
    whole.format(tallies.closed.sent),
    whole.format(tallies.open.sent),
    whole.format(tallies.closed.lost + tallies.open.lost),
  ]
  const { p50, p95, max } = drained.differenceMs
  const milliseconds = [p50, p95, max].map((value) => value.toFixed(1)).join(' / ')
  return [
    '## Drains under load',
    'Each drain is that of a process of its own, behind a loopback balancer that goes on routing new connections to it for a random time after drain start. The control closes at once.',
    markdownTable(
      ['', 'drains', 'requests, closed loop', 'requests, open loop', 'lost'],
      [
        row('D covers routing', drained.repetitions, drained.tallies),
        row('D = 0', control.repetitions, control.tallies),
      ],
    ),
    `The last late arrival that the report tells, against the balancer's own record: ${milliseconds} ms apart (p50 / p95 / most), ${drained.inaccurate} of ${drained.repetitions} more than 20 ms; ${whole.format(drained.lateConnections)} connections came late in all.`,
  ]
}

function peersPart({ verdicts }: PeersFigures): string[] {
  return [
    '## Clients and servers of others',
    'Drains in the middle of their traffic, with a second backend there. The trials without drain-server are the control.',
    markdownTable(
      ['trial', 'expected', 'requests', 'drains', 'lost', ''],
      verdicts.map(({ trial, measured, lost, passed }) => [
        trial.name,
        trial.expected,
        measured === undefined ? '-' : whole.format(measured.requests),
        measured === undefined ? '-' : whole.format(measured.drains),
        measured === undefined ? '-' : whole.format(lost),
        passed ? 'ok' : '**fell short**',
      ]),
    ),
  ]
}

function conformancePart({ cells, passed, failed, seconds, withoutTheLibrary }: ConformanceFigures): string[] {
  const targets = [...new Set(cells.map(({ target }) => target))]
  const cases = [...new Set(cells.map((cell) => cell.case))]
  const verdict = (name: string, target: string): string => {
    const cell = cells.find((candidate) => candidate.case === name && candidate.target === target)
    return cell === undefined ? '' : cell.passed ? 'ok' : '**FAIL**'
  }
  const control =
    withoutTheLibrary === undefined
      ? []
      : [
          `A bare server that calls \`server.close()\` on SIGTERM fails ${withoutTheLibrary.failed.length} of the ${withoutTheLibrary.failed.length + withoutTheLibrary.passed.length} cases that concern it.`,
        ]
  return [
    '## Conformance',
    `${passed} passed, ${failed} failed in ${seconds} s: each cell is a process that is driven from outside. Empty: the case does not concern the target.`,
    ...control,
    markdownTable(
      ['case', ...targets],
      cases.map((name) => [name, ...targets.map((target) => verdict(name, target))]),
    ),
  ]
}

function nodesPart({ results }: NodesFigures): string[] {
  return [
    '## Versions of Node',
    markdownTable(
      ['Node', 'what', 'result'],
      results.flatMap(({ node, runs }) =>
        runs.map(({ what, passed, summary }) => [node, what, passed ? summary : `**${summary}**`]),
      ),
    ),
  ]
}
