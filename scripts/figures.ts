/** The tables of figures in the documents, from what a real run wrote down. */
interface Latency {
  p50Ms: number
  p95Ms: number
  p99Ms: number
}

interface RunFigures {
  restarts: number
  ratePerSecond: number
  requests: number
  lost: number
  quietLatencyMs: Latency | null
  rolloutLatencyMs: Latency | null
  processor: { quiet: number | null; rollouts: number | null }
}

export interface CheckFigures {
  name: string
  passed: boolean
  detail: string
}

export interface E2eArtifact {
  pass: boolean
  figures: Record<string, { checks: CheckFigures[] } & Partial<Record<'before' | 'learning' | 'after', RunFigures>>>
  commands: string[]
  versions: Record<string, string>
}

export const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
export const line = (...cells: string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
/** A part with more checks than this is told by their number; all of them are in the artifact. */
const longSection = 20

/** The block of the README: who lost what, then every check of the run. */
export function e2eFigures({ figures, ...run }: E2eArtifact): string {
  const runs = Object.values(figures).find(({ after }) => after !== undefined)
  const columns: [string, RunFigures | undefined][] = [
    ['naive Deployment', runs?.before],
    ['drainkeeper, while it learns', runs?.learning],
    ['drainkeeper, once it has measured', runs?.after],
  ]
  const row = (label: string, cell: (run: RunFigures) => string): string =>
    line(label, ...columns.map(([, run]) => (run === undefined ? '-' : cell(run))))
  const latency = (of: Latency | null): string =>
    of === null ? '-' : [of.p50Ms, of.p95Ms, of.p99Ms].map((ms) => ms.toFixed(1)).join(' / ')
  const percent = (share: number | null): string => (share === null ? '-' : `${Math.round(share * 100)} %`)
  return [
    '',
    line('', ...columns.map(([name]) => name)),
    line('---', ...columns.map(() => '---:')),
    row('rolling restarts of 4 pods', (run) => whole.format(run.restarts)),
    row('requests', (run) => whole.format(run.requests)),
    row('**lost**', (run) => `**${whole.format(run.lost)}**`),
    row('requests a second', (run) => whole.format(run.ratePerSecond)),
    row('p50 / p95 / p99 in quiet time, ms', (run) => latency(run.quietLatencyMs)),
    row('p50 / p95 / p99 during rollouts, ms', (run) => latency(run.rolloutLatencyMs)),
    row(
      'processors busy, quiet / rollouts',
      ({ processor }) => `${percent(processor.quiet)} / ${percent(processor.rollouts)}`,
    ),
    '',
    `${aboutRun(run)} Cluster, load and pods share the same processors: starting`,
    'pods costs latency, for each of the columns alike.',
    '',
    '<details><summary>Everything that was asked of that run</summary>',
    '',
    line('part', 'asked', 'found'),
    line('---', '---', '---'),
    ...Object.entries(figures).flatMap(([section, { checks }]) => checkRows(section, checks)),
    '',
    '</details>',
    '',
  ].join('\n')
}

/** A row for each check of a part, or one for all of them. */
export function checkRows(section: string, checks: readonly CheckFigures[]): string[] {
  const count = checks.filter(({ passed }) => passed).length
  if (checks.length > longSection) return [line(section, `${checks.length} checks`, `${count} passed`)]
  return checks.map(({ name, passed, detail }) => line(section, name, passed ? detail : `**failed**: ${detail}`))
}

/** By which command, with what result, and where. */
export function aboutRun({ commands, versions, pass }: Pick<E2eArtifact, 'commands' | 'versions' | 'pass'>): string {
  const about = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return `\`${commands.join('`, `')}\` (${pass ? 'passed' : 'failed'}), ${about.join(', ')}.`
}
