/** A process that tries seeds: told which by its parent, answers with one message for each. */
import { trySeed } from './trial.ts'

process.on('message', (seeds: readonly number[]) => {
  void (async () => {
    for (const seed of seeds) process.send?.(await trySeed(seed))
    process.send?.('done')
  })()
})
