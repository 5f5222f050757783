import { expect, it } from 'vitest'
import { isSameTemplate, replicaSetName, templateHash } from '../../../src/cluster/controllers/deployment/template.ts'
import type { PodTemplate } from '../../../src/cluster/controllers/shared/objects.ts'
import { template } from './objects.ts'

const withImage = (image: string): PodTemplate =>
  ({ ...template, spec: { containers: [{ name: 'web', image }] } }) as unknown as PodTemplate

it('a template is the same whatever the order of its keys, its hash label, and what is absent', () => {
  const one: PodTemplate = { metadata: { labels: { a: '1', b: '2' } }, spec: { containers: [{ name: 'c' }] } }
  const other = {
    spec: { containers: [{ name: 'c', ports: [] }], nodeSelector: {} },
    metadata: { creationTimestamp: null, annotations: {}, labels: { b: '2', 'pod-template-hash': 'x', a: '1' } },
  } as unknown as PodTemplate
  expect(isSameTemplate(one, other)).toBe(true)
  expect(templateHash(one)).toBe(templateHash(other))
})

it('a template is another one with anything else different', () => {
  expect(isSameTemplate(withImage('a'), withImage('b'))).toBe(false)
  expect(templateHash(withImage('a'))).not.toBe(templateHash(withImage('b')))
  // An empty object can mean something: this volume is one.
  const volume = { ...template, spec: { ...template.spec, volumes: [{ name: 'v', emptyDir: {} }] } } as PodTemplate
  const none = { ...template, spec: { ...template.spec, volumes: [{ name: 'v' }] } } as PodTemplate
  expect(isSameTemplate(volume, none)).toBe(false)
})

it('a hash can be a label and part of a name, and another one for each collision', () => {
  const hashes = [undefined, 0, 1, 2].map((collisions) => templateHash(template, collisions))
  expect(new Set(hashes).size).toBe(4)
  for (const hash of hashes) expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/)
})

it('a name of a ReplicaSet is never too long', () => {
  expect(replicaSetName('web', 'abc')).toBe('web-abc')
  expect(replicaSetName('w'.repeat(253), 'abc')).toHaveLength(253)
})
