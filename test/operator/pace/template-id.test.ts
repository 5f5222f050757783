import { describe, expect, test } from 'vitest'
import { templateIds, withoutHash } from '../../../src/operator/pace/template-id.ts'

const app = { name: 'app', image: 'app:1', env: [{ name: 'A', value: '1' }] }
const base = {
  metadata: { labels: { app: 'checkout' } },
  spec: { containers: [app, { name: 'proxy', image: 'proxy:1' }], terminationGracePeriodSeconds: 30 },
}
const spec = (more: object) => ({ ...base, spec: { ...base.spec, ...more } })
const firstContainer = (more: object) => spec({ containers: [{ ...app, ...more }, base.spec.containers[1]] })
const preStop = { sleep: { seconds: 5 } }
const postStart = { exec: { command: ['true'] } }

function backwards(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(backwards)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, inner]) => [key, backwards(inner)]),
  )
}

describe('the same template', () => {
  test.each([
    ['with its keys in another order', backwards(base)],
    ['in its ReplicaSet', { ...base, metadata: { labels: { app: 'checkout', 'pod-template-hash': '5d8f' } } }],
    ['with a null', { ...base, metadata: { ...base.metadata, creationTimestamp: null } }],
  ])('%s', (_, same) => {
    expect(templateIds(same)).toEqual(templateIds(base))
  })
})

describe('under another contract it is another revision, but the same template', () => {
  test.each([
    ['a grace period', spec({ terminationGracePeriodSeconds: 41 })],
    ['none', spec({ terminationGracePeriodSeconds: undefined })],
    ['a hook', firstContainer({ lifecycle: { preStop } })],
    ['a lifecycle without anything', firstContainer({ lifecycle: {} })],
    ['a readiness probe', firstContainer({ readinessProbe: { httpGet: { path: '/', port: 80 } } })],
  ])('%s', (_, other) => {
    expect(templateIds(other).templateId).toBe(templateIds(base).templateId)
    expect(templateIds(other).revisionId).not.toBe(templateIds(base).revisionId)
  })
})

describe('another template', () => {
  test.each([
    ['by its image', firstContainer({ image: 'app:2' })],
    ['by its environment', firstContainer({ env: [{ name: 'A', value: '2' }] })],
    ['by another hook', firstContainer({ lifecycle: { postStart, preStop } })],
    ['by a liveness probe', firstContainer({ livenessProbe: { exec: { command: ['true'] } } })],
    ['by the order of its containers', spec({ containers: base.spec.containers.toReversed() })],
    ['by a hook of an init container', spec({ initContainers: [{ name: 'i', lifecycle: { preStop } }] })],
    ['by kubectl rollout restart', { ...base, metadata: { ...base.metadata, annotations: { restartedAt: 'now' } } }],
    ['by a label', { ...base, metadata: { labels: { app: 'checkout', team: 'x' } } }],
    ['by its node', spec({ nodeSelector: { zone: 'a' } })],
  ])('%s', (_, other) => {
    expect(templateIds(other).templateId).not.toBe(templateIds(base).templateId)
    expect(templateIds(other).revisionId).not.toBe(templateIds(base).revisionId)
  })
})

test('an id is short', () => {
  for (const id of Object.values(templateIds(undefined))) expect(id).toMatch(/^[0-9a-f]{16}$/)
})

test('only the label of the hash is left out of a template that is put back', () => {
  const labels = { app: 'checkout', 'pod-template-hash': '5d8f' }
  expect(withoutHash({ ...base, metadata: { labels, annotations: { a: 'b' } } })).toEqual({
    ...base,
    metadata: { labels: { app: 'checkout' }, annotations: { a: 'b' } },
  })
})
