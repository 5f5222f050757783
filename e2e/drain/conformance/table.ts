import type { Cell } from './judge.ts'

/** Cases downwards, targets across: ok, FAIL, or blank where a case does not concern a target. */
export function renderTable(cells: readonly Cell[], targets: readonly string[]): string[] {
  const cases = [...new Set(cells.map((cell) => cell.case))]
  const caseWidth = Math.max(0, ...cases.map((name) => name.length))
  const widths = targets.map((name) => Math.max(4, name.length))
  const row = (name: string, marks: string[]): string =>
    [name.padEnd(caseWidth), ...marks.map((mark, index) => mark.padEnd(widths[index] ?? 0))].join('  ').trimEnd()
  const byPlace = new Map(cells.map((cell) => [`${cell.case}\n${cell.target}`, cell]))
  const mark = (name: string, target: string): string => {
    const cell = byPlace.get(`${name}\n${target}`)
    if (cell === undefined) return ''
    return cell.passed ? 'ok' : 'FAIL'
  }
  return [
    row('', [...targets]),
    ...cases.map((name) =>
      row(
        name,
        targets.map((target) => mark(name, target)),
      ),
    ),
  ]
}

/** One failure for whoever has to find out why: what was expected, what was seen, and the bytes. */
export function renderFailure({ case: name, target, broken, facts, transcript }: Cell): string[] {
  const failed = facts.filter(({ held }) => !held)
  return [
    `FAIL ${target}: ${name}`,
    ...(broken === undefined ? [] : broken.split('\n').map((line) => `  ${line}`)),
    ...failed.flatMap(({ sentence, wanted, seen }) => [
      `  ${sentence}`,
      `    expected ${wanted}`,
      `    seen     ${seen}`,
    ]),
    ...transcript.map((line) => `    | ${line}`),
  ]
}
