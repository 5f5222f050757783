import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import type { Resource } from '../../../src/kube/index.ts'
import { accepted, refusedRows } from '../../bad-input/refused.ts'
import { Area } from '../case.ts'
import type { Fields } from '../data.ts'
import { crds } from '../objects.ts'
import type { Scene } from '../scene.ts'
import { described, served } from './widgets.ts'

const area = new Area('custom-resources', 'api')
export const drainPolicyCases = area.cases

const drainPolicies: Resource = {
  group: 'drainkeeper.dev',
  version: 'v1alpha1',
  plural: 'drainpolicies',
  kind: 'DrainPolicy',
  namespaced: true,
}

let installing: Promise<void> | undefined

let installedOn: unknown

/** Ours, as it is delivered; once for all cases on a cluster. */
function drainPolicy(c: Scene): Promise<void> {
  if (installedOn !== c.target) {
    installedOn = c.target
    installing = install(c)
  }
  return installing ?? Promise.resolve()
}

async function install(c: Scene): Promise<void> {
  const path = new URL('../../../crds/drainkeeper.dev_drainpolicies.yaml', import.meta.url)
  const body: unknown = parse(readFileSync(path, 'utf8'))
  const answer = await c.quietly('POST', c.path(crds), { body })
  if (answer.status !== 201 && answer.status !== 409) throw new Error(JSON.stringify(answer.body))
  await served(c, drainPolicies)
}

const policy = (name: string, spec?: unknown): Fields => ({
  apiVersion: 'drainkeeper.dev/v1alpha1',
  kind: 'DrainPolicy',
  metadata: { name },
  ...(spec === undefined ? {} : { spec }),
})

area.case('a DrainPolicy that says everything, and one that says little', async (c) => {
  await drainPolicy(c)
  await c.create(drainPolicies, policy('all', accepted))
  await c.create(drainPolicies, policy('little', { targetRef: { name: 'checkout' } }))
  await c.patch('merge', drainPolicies, 'little', { status: { observedGeneration: 1 } }, { subresource: 'status' })
  const { body } = await c.quietly('GET', c.path(drainPolicies), {
    headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
  })
  c.note('columns', described(body))
})

for (const [part, rows] of [
  ['first half', refusedRows.slice(0, Math.ceil(refusedRows.length / 2))],
  ['second half', refusedRows.slice(Math.ceil(refusedRows.length / 2))],
] as const) {
  area.case(`DrainPolicies that are refused, ${part}`, async (c) => {
    await drainPolicy(c)
    for (const [index, { name, spec }] of rows.entries()) {
      c.note('asked', name)
      await c.create(drainPolicies, policy(`p${index}`, spec), { query: { fieldValidation: 'Strict' } })
    }
  })
}

area.case('a DrainPolicy by apply', async (c) => {
  await drainPolicy(c)
  await c.apply('alice', drainPolicies, 'one', { spec: { targetRef: { name: 'checkout' } } })
  await c.apply('bob', drainPolicies, 'one', { spec: { mode: 'Enforce' } })
  await c.apply('bob', drainPolicies, 'one', { spec: { targetRef: { name: 'other' } } })
  await c.apply('alice', drainPolicies, 'one', { spec: { selector: { matchLabels: { a: 'b' } } } })
  await c.apply(
    'operator',
    drainPolicies,
    'one',
    {
      status: {
        conditions: [
          { type: 'Ready', status: 'True', reason: 'R', message: 'm', lastTransitionTime: '2026-01-01T00:00:00Z' },
        ],
      },
    },
    { subresource: 'status' },
  )
})
