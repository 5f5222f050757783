import { markdownTable } from './markdown.ts'
import { scenarios } from './scenarios.ts'
import type { Cell, Verdict } from './verdict.ts'

/** What `artifacts/bench-drain.json` holds in its figures. */
export interface DrainFigures {
  delayMs: number
  deadlineMs: number
  routedForMs: number
  capMs: number
  repetitions: number
  /** Every library told of the same delay and deadline. */
  cells: Cell[]
  verdict: Verdict
  /** Every library with nothing configured. */
  unconfigured: { repetitions: number; cells: Cell[] }
}

/** Scenarios down, libraries across. */
export function matrixTable(cells: readonly Cell[], show: (cell: Cell) => string): string {
  const libraries = [...new Set(cells.map(({ library }) => library))]
  const names = [...new Set(cells.map(({ scenario }) => scenario))]
  const shown = (scenario: string, library: string): string => {
    const cell = cells.find((each) => each.scenario === scenario && each.library === library)
    if (cell === undefined) return '-'
    return cell.errors.length > 0 ? 'error' : show(cell)
  }
  return markdownTable(
    ['', ...libraries],
    names.map((scenario) => [scenario, ...libraries.map((library) => shown(scenario, library))]),
  )
}

export function showLost({ lost, asked, resets }: Cell): string {
  const all = lost === 0 ? '0' : `**${lost}** of ${asked}`
  return resets === 0 ? all : `${all} (${resets} RST)`
}

export function showExit({ exitMs, killed }: Cell): string {
  if (exitMs === null) return 'never'
  const seconds = (ms: number): string => (ms / 1000).toFixed(2)
  const spread = ((exitMs.most - exitMs.least) / 2000).toFixed(2)
  return killed === 0 ? `${seconds(exitMs.median)} ±${spread}` : `${seconds(exitMs.median)}, ${killed} never`
}

/** What the verdict found, a line each; empty when nothing is short. */
export function shortcomings(cells: readonly Cell[], { lossy, faster }: Verdict): string[] {
  return [
    ...cells.flatMap(({ scenario, library, errors }) => errors.map((error) => `${scenario}, ${library}: ${error}`)),
    ...lossy.map((scenario) => {
      const cell = cells.find((each) => each.scenario === scenario && each.library === 'drain-server')
      return `${scenario}: drain-server lost ${cell?.lost}: ${Object.entries(cell?.reasons ?? {})
        .map(([reason, count]) => `${count} x ${reason}`)
        .join(', ')}`
    }),
    ...faster.map(
      ({ scenario, library, byMs }) =>
        `${scenario}: ${library} exits ${Math.round(byMs)} ms sooner and loses nothing there`,
    ),
  ]
}

export function aboutScenarios(): string {
  return markdownTable(
    ['scenario', 'what its clients do'],
    scenarios.map(({ name, about }) => [name, about]),
  )
}
