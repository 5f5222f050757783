/** Loaded before a worker (`node --import`): the mutant that SIMULATION_MUTANT names replaces its file's source. */
import { registerHooks } from 'node:module'
import { mutants, mutate } from './mutants.ts'

const name = process.env['SIMULATION_MUTANT']
const mutant = mutants.find((each) => each.name === name)
if (mutant === undefined) throw new Error(`there is no mutant ${name ?? ''}`)
const { href } = new URL(`../../../src/${mutant.file}`, import.meta.url)

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    if (url !== href || loaded.source === undefined || loaded.source === null) return loaded
    return { ...loaded, source: mutate(Buffer.from(loaded.source as Uint8Array).toString('utf8'), mutant) }
  },
})
