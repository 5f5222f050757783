import { concerns } from './case.ts'
import type { Case } from './case.ts'
import { judge } from './judge.ts'
import type { Cell, Ground } from './judge.ts'
import type { Target } from './target.ts'

/** Runs each case on each target that it concerns, so many at a time. Cells come in the order of cases and targets. */
export async function runMatrix(
  cases: readonly Case[],
  targets: readonly Target[],
  ground: Ground,
  parallel: number,
  onCell: (cell: Cell, done: number, of: number) => void,
): Promise<Cell[]> {
  const pairs = cases.flatMap((theCase) =>
    targets.filter((target) => concerns(theCase, target)).map((target) => ({ theCase, target })),
  )
  const cells: Cell[] = []
  const queue = pairs.entries()
  let done = 0
  const work = async (): Promise<void> => {
    for (const [index, { theCase, target }] of queue) {
      if (ground.signal.aborted) return
      const cell = await judge(theCase, target, ground)
      cells[index] = cell
      done += 1
      onCell(cell, done, pairs.length)
    }
  }
  await Promise.all(Array.from({ length: parallel }, work))
  return cells
}
