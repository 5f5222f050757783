import { areas } from './case.ts'
import type { Judgement } from './judge.ts'

const mostDifferences = 12
const mostCharacters = 300

/** Cases by area: how many are equal, and what became of the others. */
export function renderTable(judgements: readonly Judgement[]): string[] {
  const clusters = [...new Set(judgements.map(({ on }) => on))]
  const rows = [['cluster', 'area', 'cases', 'equal', 'limits', 'skipped', 'failed']]
  const row = (cluster: string, area: string, of: readonly Judgement[]): string[] => [
    cluster,
    area,
    String(of.length),
    ...(['equal', 'limit', 'skipped'] as const).map((verdict) =>
      String(of.filter((one) => one.verdict === verdict).length),
    ),
    String(of.filter(({ passed }) => !passed).length),
  ]
  for (const cluster of clusters) {
    const own = judgements.filter(({ on }) => on === cluster)
    for (const area of Object.keys(areas)) {
      const of = own.filter((one) => one.area === area)
      if (of.length > 0) rows.push(row(cluster, area, of))
    }
    rows.push(row(cluster, 'all', own))
  }
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0))) ?? []
  return rows.map((cells) =>
    cells
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  )
}

/** One failure: what the real cluster answered (-) and what this one does (+). */
export function renderFailure(
  { on, area, name, verdict, because, differences, limit }: Judgement,
  all: boolean,
): string[] {
  const shown = all ? differences : differences.slice(0, mostDifferences)
  return [
    `${verdict.toUpperCase()} on ${on}: ${area}: ${name}${limit === undefined ? '' : ` (${limit})`}`,
    ...because.map((line) => `  ${line}`),
    ...shown.flatMap((change) => [
      `  ${change.path}`,
      ...('before' in change ? [`    - ${written(change.before)}`] : []),
      ...('after' in change ? [`    + ${written(change.after)}`] : []),
    ]),
    ...(differences.length > shown.length ? [`  and ${differences.length - shown.length} more: --verbose`] : []),
  ]
}

function written(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length <= mostCharacters ? text : `${text.slice(0, mostCharacters)}…`
}
