import { quantile } from '../measure/quantiles.ts'
import type { Latency } from '../measure/outcome.ts'
import type { LabRun } from '../measure/run.ts'
import type { Verdict } from '../measure/verdict.ts'
import { formatClock, formatCount, formatMs, formatRate, formatShare } from './format.ts'
import { type Look, paint, wrap } from './look.ts'
import { type Cell, renderTable, type Section, type Table, tableWidth } from './table.ts'

/** The lab's result as a person reads it: the verdict first, then every run beside the others. */
export interface Summary {
  readonly verdict: Verdict
  /** Baseline first; one column each. */
  readonly runs: readonly LabRun[]
}

/** The summary as lines for a terminal, a log or a file. Where the columns do not fit, the runs follow one another. */
export function renderSummary({ verdict, runs }: Summary, look: Look): string[] {
  const together = tableOf(runs)
  const tables = tableWidth(together, look) <= look.width ? [together] : runs.map((run) => tableOf([run]))
  return [...renderVerdict(verdict, look), ...tables.flatMap((table) => ['', ...renderTable(table, look)])]
}

function renderVerdict({ passed, sentence, checks }: Verdict, look: Look): string[] {
  const mark = look.unicode ? (passed ? '✔ PASS' : '✘ FAIL') : passed ? 'PASS' : 'FAIL'
  const indent = ' '.repeat(mark.length + 2)
  const [first = '', ...rest] = wrap(sentence, Math.max(20, look.width - indent.length))
  const failed = checks.filter((check) => !check.passed)
  return [
    `${paint(look, passed ? 'good' : 'bad', mark)}  ${paint(look, 'strong', first)}`,
    ...rest.map((line) => indent + paint(look, 'strong', line)),
    ...failed.map((check) => `${indent}${paint(look, 'bad', look.unicode ? '✘' : 'x')} ${check.sentence}`),
  ]
}

function tableOf(runs: readonly LabRun[]): Table {
  const row = (label: string, cell: (run: LabRun) => Cell) => ({ label, cells: runs.map(cell) })
  const figure = (label: string, text: (run: LabRun) => string) => row(label, (run) => ({ text: text(run) }))
  const latency = (label: string, of: (latency: Latency) => number) =>
    figure(label, ({ quiet, rollouts }) => {
      const [beside, during] = [quiet.latency, rollouts.latency]
      return `${formatMs(beside && of(beside))} / ${formatMs(during && of(during)).padStart(7)}`
    })
  const sections: Section[] = [
    {
      title: 'Load',
      rows: [
        figure('rolling restarts', (run) => formatCount(run.restarts)),
        figure('requests', (run) => formatCount(run.total.requests)),
        figure('rate', (run) => formatRate(run.ratePerSecond)),
        figure('duration', (run) => formatClock(run.seconds)),
      ],
    },
    {
      title: 'Lost requests',
      rows: [
        row('all', ({ total }) => ({ text: formatCount(total.lost), tone: total.lost === 0 ? 'good' : 'bad' })),
        row('in quiet time', ({ quiet }) => countCell(quiet.lost)),
        ...lossKinds(runs).map((kind) => row(kind, ({ total }) => countCell(total.lostByKind[kind] ?? 0))),
      ],
    },
    {
      title: 'Latency, quiet / during rollouts',
      rows: [
        latency('p50', ({ p50Ms }) => p50Ms),
        latency('p95', ({ p95Ms }) => p95Ms),
        latency('p99', ({ p99Ms }) => p99Ms),
        latency('slowest', ({ maxMs }) => maxMs),
      ],
    },
  ]
  const probed = runs.some(({ truths }) => truths.length > 0)
  const compared = runs.some(({ agreement }) => agreement !== null)
  if (probed) sections.push(propagationSection(runs))
  if (compared) {
    sections.push({
      title: 'Operator against probes',
      rows: [
        row('agree', ({ agreement }) => ({ text: agreement === null ? '-' : formatShare(agreement.share) })),
        figure('compared pods', ({ agreement }) => (agreement === null ? '-' : formatCount(agreement.compared))),
        row('bound covers', ({ agreement }) => coversCell(agreement?.boundCovers ?? null)),
      ],
    })
  }
  return { headings: runs.map(({ name }) => name), sections }
}

/** Endpoint propagation as the probes saw it: over pods, then the slowest pod on each node. */
function propagationSection(runs: readonly LabRun[]): Section {
  const known = (run: LabRun) => run.truths.filter(({ verdict }) => verdict === 'known')
  const at = (run: LabRun, q: number) =>
    quantile(
      known(run).map(({ propagationMs }) => propagationMs),
      q,
    )
  const nodes = [
    ...new Set(runs.flatMap(({ truths }) => truths.flatMap((truth) => truth.nodes.map(({ node }) => node)))),
  ]
  const slowest = (run: LabRun, node: string) => {
    const onNode = run.truths.flatMap((truth) => truth.nodes.filter((one) => one.node === node))
    const timesMs = onNode.filter(({ verdict }) => verdict === 'known').map(({ propagationMs }) => propagationMs)
    return quantile(timesMs, 1)
  }
  const row = (label: string, text: (run: LabRun) => string) => ({
    label,
    cells: runs.map((run) => ({ text: text(run) })),
  })
  return {
    title: 'Endpoint propagation, by probes',
    rows: [
      row('known of deleted pods', (run) => `${formatCount(known(run).length)} of ${formatCount(run.truths.length)}`),
      row('p50', (run) => formatMs(at(run, 0.5))),
      row('p95', (run) => formatMs(at(run, 0.95))),
      row('slowest', (run) => formatMs(at(run, 1))),
      ...nodes.toSorted().map((node) => row(`slowest on ${node}`, (run) => formatMs(slowest(run, node)))),
    ],
  }
}

const countCell = (count: number): Cell => ({ text: formatCount(count), tone: count === 0 ? 'muted' : 'bad' })

function coversCell(covers: boolean | null): Cell {
  if (covers === null) return { text: '-' }
  return covers ? { text: 'yes', tone: 'good' } : { text: 'no', tone: 'bad' }
}

/** Every kind of loss that a run has, the most frequent first. */
function lossKinds(runs: readonly LabRun[]): string[] {
  const counts = new Map<string, number>()
  for (const { total } of runs) {
    for (const [kind, count] of Object.entries(total.lostByKind)) counts.set(kind, (counts.get(kind) ?? 0) + count)
  }
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).map(([kind]) => kind)
}
