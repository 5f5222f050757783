import { describe, expect, test } from 'vitest'
import { builtInKinds } from '../../../src/cluster/api-server/kinds/index.ts'
import { container, deployment, type Loose, pod } from './objects.ts'

describe('what is prepared', () => {
  const kindOf = (name: string) => builtInKinds.find(({ resource }) => resource.kind === name)
  const prepared = (name: string, object: object): Loose => {
    const whole = { metadata: { name: 'one' }, ...object } as Loose
    kindOf(name)?.decode(whole)
    kindOf(name)?.applyDefaults(whole)
    kindOf(name)?.prepareForCreate(whole)
    return whole
  }

  test('a pod is pending, and of a quality of service', () => {
    const of = (resources: object): unknown =>
      (prepared('Pod', pod({ containers: [container({ resources })] })) as { status?: unknown }).status
    expect(of({})).toEqual({ phase: 'Pending', qosClass: 'BestEffort' })
    expect(of({ requests: { cpu: '1' } })).toEqual({ phase: 'Pending', qosClass: 'Burstable' })
    expect(of({ limits: { cpu: '1', memory: '1Gi' } })).toEqual({ phase: 'Pending', qosClass: 'Guaranteed' })
  })

  test('a pod stays five minutes on a lost node, unless it says otherwise', () => {
    const own = [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 }]
    expect(prepared('Pod', pod({ tolerations: own })).spec['tolerations']).toEqual([
      ...own,
      { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
    ])
  })

  test('the generation counts changes of the spec, and of a Deployment those of annotations', () => {
    const kind = kindOf('Deployment')
    const old = prepared('Deployment', deployment())
    const generationAfter = (change: (next: Loose) => void, subresource?: 'status'): number | undefined => {
      const next = structuredClone(old)
      change(next)
      kind?.prepareForUpdate(next, old, subresource)
      return next.metadata.generation
    }
    expect(old.metadata.generation).toBe(1)
    expect(generationAfter(() => {})).toBe(1)
    expect(generationAfter((next) => (next.metadata.generation = 9))).toBe(1)
    expect(generationAfter((next) => (next.metadata.labels = { a: 'b' }))).toBe(1)
    expect(generationAfter((next) => (next.metadata.annotations = { a: 'b' }))).toBe(2)
    expect(generationAfter((next) => (next.spec['replicas'] = 9))).toBe(2)
    expect(generationAfter((next) => (next.spec['replicas'] = 9), 'status')).toBe(1)
  })
})
