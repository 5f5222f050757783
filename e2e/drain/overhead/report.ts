import { markdownTable } from '../bench/markdown.ts'
import { own } from './measurements.ts'
import type { Ratio } from './ratio.ts'
import type { Cost, Costs } from './run.ts'

/** What `artifacts/bench-overhead.json` holds in its figures. */
export interface OverheadFigures {
  measurements: Costs[]
}

/** What an HTTP/1.1 request may cost more than on bare node. */
export const allowedShare = 0.01
const judged = 'CPU, HTTP/1.1 keep-alive'

export function costTable({ costs, unit }: Costs): string {
  const digits = unit === 'bytes' ? 0 : 2
  return markdownTable(
    ['', `${unit} each`, 'against bare node', '95 % interval', 'pairs'],
    costs.map(({ library, each, ratio }) => [
      library,
      each.toFixed(digits),
      ratio === null ? '' : percent(ratio.median),
      ratio === null || ratio.pairs < 3 ? '' : `${percent(ratio.low)} to ${percent(ratio.high)}`,
      ratio === null ? '' : String(ratio.pairs),
    ]),
  )
}

/** What falls short, a line each; empty when nothing does. */
export function shortcomings(measurements: readonly Costs[]): string[] {
  return measurements.flatMap(({ name, costs, errors }) => {
    const cost = costs.find(({ library }) => library === own)
    const dear = name === judged && cost !== undefined && !withinAllowance(cost)
    return [
      ...errors.map((error) => `${name}: ${error}`),
      ...(dear && cost.ratio !== null
        ? [`${name}: ${describe(cost.ratio)}, allowed is ${percent(1 + allowedShare)}`]
        : []),
    ]
  })
}

/** At most 1 %, or not to be told from it. */
function withinAllowance({ ratio }: Cost): boolean {
  return ratio === null || ratio.low <= 1 + allowedShare
}

function describe({ median, low, high }: Ratio): string {
  return `${percent(median)} (${percent(low)} to ${percent(high)})`
}

function percent(ratio: number): string {
  const share = (ratio - 1) * 100
  return `${share < 0 ? '−' : '+'}${Math.abs(share).toFixed(1)} %`
}
