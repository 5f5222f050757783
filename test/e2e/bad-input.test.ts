import { describe, expect, test } from 'vitest'
import { accepted, refusedRows } from '../../e2e/bad-input/refused.ts'
import { shownRows } from '../../e2e/bad-input/shown.ts'
import { reasons, specSchema } from '../../src/api/index.ts'

describe('the tables of broken policies', () => {
  test('each row has a name of its own, and says something', () => {
    const names = [...refusedRows, ...shownRows].map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect([...refusedRows, ...shownRows].filter(({ says }) => says.length === 0)).toEqual([])
  })

  test('each shown policy has a name of its own, and the Deployments in its row are its own', () => {
    expect(new Set(shownRows.map(({ id }) => id)).size).toBe(shownRows.length)
    const foreign = shownRows.flatMap(({ id, given }) =>
      given('image').filter(
        ({ kind, metadata }) => kind === 'Deployment' && (metadata as { name: string }).name !== id,
      ),
    )
    expect(foreign).toEqual([])
  })

  test('every shown reason is one that the reference documents', () => {
    expect(shownRows.map(({ reason }) => reason).filter((reason) => !Object.hasOwn(reasons, reason))).toEqual([])
  })

  test.each(refusedRows.map(({ name, spec }) => [name, spec] as const))('without an API server, too: %s', (_, spec) => {
    expect(specSchema.safeParse(spec).success).toBe(false)
  })

  test('what the API server is to accept, and what the operator is to read, fits the schema', () => {
    expect(specSchema.safeParse(accepted).error).toBeUndefined()
    for (const { id, spec } of shownRows) expect(specSchema.safeParse(spec).error, id).toBeUndefined()
  })
})
