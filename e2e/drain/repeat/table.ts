import { lostIn } from './judge.ts'
import type { Findings, Spread } from './judge.ts'
import type { Tally } from './messages.ts'

/** The findings of both groups side by side, as a table of Markdown. */
export function renderFindings(drained: Findings, control: Findings): string {
  const rows: [name: string, cell: (findings: Findings) => string | number][] = [
    ['drains', (findings) => findings.repetitions],
    ['requests on keep-alive connections', ({ tallies }) => toldOf(tallies.closed)],
    ['requests on new connections', ({ tallies }) => toldOf(tallies.open)],
    ['**requests lost**', (findings) => `**${lostIn(findings)}**`],
    ['drains not clean', (findings) => findings.unclean],
    ['connections after drain start', (findings) => findings.lateConnections],
    ['drain took', ({ tookMs }) => toldOfSpread(tookMs)],
  ]
  const lines = [
    '| | D covers routing | control: D = 0 |',
    '| --- | --- | --- |',
    ...rows.map(([name, cell]) => `| ${name} | ${cell(drained)} | ${cell(control)} |`),
    `| last of them, report against balancer's truth | ${toldOfSpread(drained.differenceMs)} | refused ones are in no report |`,
  ]
  const losses = [...drained.tallies.closed.losses, ...drained.tallies.open.losses]
  return `${[...lines, ...losses.map(({ atMs, why }) => `lost at ${new Date(atMs).toISOString()}: ${why}`)].join('\n')}\n`
}

function toldOf({ sent, answered, lost }: Tally): string {
  return `${sent} sent, ${answered} answered, ${lost} lost`
}

function toldOfSpread({ p50, p95, max }: Spread): string {
  return `p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, max ${max.toFixed(1)} ms`
}
