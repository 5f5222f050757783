import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cases } from '../../e2e/conformance-api/cases/index.ts'
import { changesBetween } from '../../e2e/conformance-api/changes.ts'
import { embeddedTarget } from '../../e2e/conformance-api/embedded-target.ts'
import { Golden } from '../../e2e/conformance-api/golden.ts'
import { judge } from '../../e2e/conformance-api/judge.ts'
import { readableManagedFields } from '../../e2e/conformance-api/managed-fields.ts'
import { Masks } from '../../e2e/conformance-api/masks.ts'
import { readableStatus } from '../../e2e/conformance-api/readable-status.ts'
import { embeddedClusterPage } from '../../e2e/conformance-api/reference-page.ts'
import { type Observation, observe } from '../../e2e/conformance-api/run.ts'
import { renderFailure } from '../../e2e/conformance-api/table.ts'
import type { Target } from '../../e2e/conformance-api/target.ts'
import { clusterLimits } from '../../src/cluster/limits.ts'

const golden = new Golden()

describe('the cases', () => {
  test('have names of their own, recorded answers, and limits that exist', () => {
    const names = cases.map(({ area, name }) => `${area}: ${name}`)
    expect(new Set(names).size).toBe(names.length)
    expect(cases.filter(({ area, name }) => golden.of(area, name) === undefined).map(({ name }) => name)).toEqual([])
    const known = new Set(clusterLimits.map(({ id }) => id))
    expect(cases.filter(({ limit }) => limit !== undefined && !known.has(limit)).map(({ limit }) => limit)).toEqual([])
  })

  test('are on the page, each once', () => {
    const page = embeddedClusterPage(cases, ['1.36.3'])
    expect(page).toContain(`## ${cases.length} cases`)
    for (const { name } of cases) expect(page).toContain(`- ${name}`)
    for (const { id } of clusterLimits) expect(page).toContain(`\`${id}\``)
  })
})

describe('masks', () => {
  test('equal versions stay equal, others stay different, and names say nothing', () => {
    const masks = new Masks({ 'conf-1234': '<ns>' })
    const object = (resourceVersion: string, uid = '0f1e2d3c-0000-4000-8000-000000000001') => ({
      metadata: { uid, resourceVersion, namespace: 'conf-1234', creationTimestamp: '2026-01-02T03:04:05Z' },
    })
    expect(masks.data(object('17'))).toEqual(masks.data(object('17')))
    expect(masks.data(object('17'))).not.toEqual(masks.data(object('18')))
    expect(masks.data(object('17'))).toEqual({
      metadata: { uid: 'uid1', resourceVersion: 'rv1', namespace: '<ns>', creationTimestamp: '<time>' },
    })
    expect(masks.data(object('17', '0f1e2d3c-0000-4000-8000-000000000002'))).toMatchObject({
      metadata: { uid: 'uid2' },
    })
  })

  test('the version of a list is not that of its objects', () => {
    expect(new Masks({}).data({ metadata: { resourceVersion: '17' }, items: [] })).toEqual({
      items: [],
      metadata: { resourceVersion: '<rv>' },
    })
  })

  test('what generateName appended, and nothing else', () => {
    const masks = new Masks({})
    expect(masks.text('web-x7k2b')).toBe('web-<5>')
    expect(masks.text('web-front')).toBe('web-front')
    expect(masks.text('web-x7k2b-more')).toBe('web-x7k2b-more')
  })

  test('owned fields as paths', () => {
    const fieldsV1 = { 'f:spec': { 'f:containers': { 'k:{"name":"app"}': { '.': {}, 'f:image': {} } } } }
    expect(readableManagedFields([{ manager: 'a', operation: 'Apply', fieldsType: 'FieldsV1', fieldsV1 }])).toEqual([
      {
        manager: 'a',
        operation: 'Apply',
        fields: ['.spec.containers[name="app"]', '.spec.containers[name="app"].image'],
      },
    ])
  })

  test('causes that come in no order', () => {
    const cause = (field: string) => ({ field, message: 'is bad' })
    const status = (first: string, second: string) => ({
      kind: 'Status',
      message: `x is invalid: [${first}: is bad, ${second}: is bad]`,
      details: { causes: [cause(first), cause(second)] },
    })
    expect(readableStatus(status('a', 'b'))).toEqual(readableStatus(status('b', 'a')))
    expect(readableStatus(status('a', 'b'))).not.toEqual(readableStatus(status('a', 'c')))
  })
})

describe('differences', () => {
  test.each([
    ['nothing', { a: [1] }, { a: [1] }, []],
    ['a value', { a: { b: 1 } }, { a: { b: 2 } }, [{ path: 'a.b', before: 1, after: 2 }]],
    ['a name more', {}, { a: null }, [{ path: 'a', after: null }]],
    [
      'an item by its name',
      { l: [{ name: 'x', v: 1 }] },
      { l: [{ name: 'x', v: 2 }] },
      [{ path: 'l[x].v', before: 1, after: 2 }],
    ],
    ['an order', ['a', 'b'], ['b', 'a'], [{ path: ' (order)', before: 'a b', after: 'b a' }]],
    ['a length', [1, 2], [1], [{ path: '[1]', before: 2 }]],
  ])('%s', (_what, before, after, changes) => {
    expect(changesBetween(before, after)).toEqual(changes)
  })
})

describe('a verdict', () => {
  const one = cases.find(({ limit }) => limit === undefined) ?? expect.fail('no case')
  const steps = golden.of(one.area, one.name) ?? []
  const seen: Observation = { area: one.area, name: one.name, steps, broken: [], seconds: 1 }

  test('equal, different, broken', () => {
    expect(judge(one, seen, 'embedded', golden)).toMatchObject({ verdict: 'equal', passed: true })
    const other = { ...seen, steps: [...steps, { do: 'more' }] }
    expect(judge(one, other, 'embedded', golden)).toMatchObject({ verdict: 'different', passed: false })
    expect(judge(one, { ...seen, broken: ['x'] }, 'embedded', golden)).toMatchObject({
      verdict: 'broken',
      passed: false,
    })
    expect(judge(one, { ...seen, error: 'x' }, 'real', golden)).toMatchObject({ verdict: 'broken', passed: false })
  })

  test('a limit allows a difference, demands one, and only on the embedded cluster', () => {
    const limited = { ...one, limit: 'json-only' }
    const other = { ...seen, steps: [] }
    expect(judge(limited, other, 'embedded', golden)).toMatchObject({ verdict: 'limit', passed: true })
    expect(judge(limited, seen, 'embedded', golden)).toMatchObject({ verdict: 'stale limit', passed: false })
    expect(judge(limited, other, 'real', golden)).toMatchObject({ verdict: 'different', passed: false })
  })

  test('a case that nobody recorded has not passed', () => {
    expect(judge({ ...one, name: 'new' }, { ...seen, name: 'new' }, 'embedded', golden)).toMatchObject({
      verdict: 'not recorded',
      passed: false,
    })
  })
})

describe('the embedded API server answers as the recorded one', () => {
  let target: Target
  beforeAll(async () => {
    target = await embeddedTarget('api')
  })
  afterAll(() => target.down())

  test.each([...new Set(cases.filter(({ ground }) => ground === 'api').map(({ area }) => area))])(
    '%s',
    async (area) => {
      const chosen = cases.filter((one) => one.area === area && one.ground === 'api')
      const observations = await observe(chosen, target, 8, new AbortController().signal)
      const failed = observations
        .map((observation, index) => judge(chosen[index] ?? expect.fail(), observation, 'embedded', golden))
        .filter(({ passed }) => !passed)
      expect(failed.flatMap((judgement) => renderFailure(judgement, false)).join('\n')).toBe('')
    },
    60_000,
  )
})
