/** A process that tries seeds, or the crash matrix: told by its parent, answers with one message for each. */
import { crashMatrix } from './crash-matrix.ts'
import { type SeedResult, trySeed } from './trial.ts'

/** Seeds, or the crash matrix up to the first plan that breaks a rule. */
export type Task = readonly number[] | 'matrix'
export type Answer = SeedResult | 'done'

process.on('message', (task: Task) => {
  void (async () => {
    if (task === 'matrix') await tryMatrix()
    else for (const seed of task) process.send?.(await trySeed(seed))
    process.send?.('done')
  })()
})

// A parent that is gone, even by SIGKILL, is heard of here: nothing goes on without it.
process.on('disconnect', () => process.exit(0))

/** A plan of the matrix is told as a seed by its number. */
async function tryMatrix(): Promise<void> {
  let number = 0
  for await (const { violations } of crashMatrix()) {
    number += 1
    const nothing = { hash: '', faults: {}, requests: {}, writes: 0, virtualMs: 0 }
    process.send?.({ seed: number, violations, ...nothing } satisfies SeedResult)
    if (violations.length > 0) return
  }
}
