/** Loaded before a worker (`node --import`): the mutant that SIMULATION_MUTANT names replaces its file's source. */
import { registerHooks } from 'node:module'
import { changesOf, mutants, mutate } from './mutants.ts'

const name = process.env['SIMULATION_MUTANT']
const mutant = mutants.find((each) => each.name === name)
if (mutant === undefined) throw new Error(`there is no mutant ${name ?? ''}`)
const changes = changesOf(mutant).map((change) => ({
  change,
  href: new URL(`../../../src/${change.file}`, import.meta.url).href,
}))

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    const found = changes.find(({ href }) => href === url)
    if (found === undefined || loaded.source === undefined || loaded.source === null) return loaded
    return { ...loaded, source: mutate(Buffer.from(loaded.source as Uint8Array).toString('utf8'), found.change) }
  },
})
