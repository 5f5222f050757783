import { describe, expect, it, test } from 'vitest'
import { chooseNode } from '../../../src/cluster/controllers/scheduler/choose-node.ts'
import { isTolerated } from '../../../src/cluster/controllers/scheduler/fits.ts'
import type { Node, Pod, PodSpec, Taint, Toleration } from '../../../src/cluster/controllers/shared/objects.ts'
import { node, pod } from './objects.ts'

const choose = (spec: Partial<PodSpec>, nodes: readonly Node[], placed: readonly Pod[] = [], owner?: string) =>
  chooseNode(pod('new', { node: '', spec, ...(owner === undefined ? {} : { owner }) }), { nodes, placed }, (name) =>
    placed.filter(({ spec }) => spec.nodeName === name),
  )

const noSchedule: Taint = { key: 'dedicated', value: 'db', effect: 'NoSchedule' }
const spread = (whenUnsatisfiable: string) => ({
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: 'kubernetes.io/hostname',
      whenUnsatisfiable,
      labelSelector: { matchLabels: { app: 'web' } },
    },
  ],
})

describe('a pod goes', () => {
  it('to the node with the fewest pods of its owner, then with the fewest pods, then by name', () => {
    const placed = [
      pod('1', { node: 'a', owner: 'rs' }),
      pod('2', { node: 'b', owner: 'other' }),
      pod('3', { node: 'b', owner: 'other' }),
    ]
    expect(choose({}, [node('a'), node('b')], placed, 'rs')).toEqual({ node: 'b' })
    expect(choose({}, [node('a'), node('b')], placed, 'new')).toEqual({ node: 'a' })
    expect(choose({}, [node('b'), node('a')])).toEqual({ node: 'a' })
  })

  it('where its selector and its tolerations let it', () => {
    const ssd = node('ssd', {}, { disk: 'ssd' })
    expect(choose({ nodeSelector: { disk: 'ssd' } }, [node('a'), ssd])).toEqual({ node: 'ssd' })
    const tainted = node('a', { taints: [noSchedule] })
    expect(choose({}, [tainted, node('b')])).toEqual({ node: 'b' })
    const tolerations = [{ key: 'dedicated', operator: 'Exists' }]
    expect(choose({ tolerations }, [tainted, node('b')])).toEqual({ node: 'a' })
  })

  it('rather not where it is not wanted', () => {
    const avoided = node('a', { taints: [{ key: 'busy', effect: 'PreferNoSchedule' }] })
    expect(choose({}, [avoided, node('b')], [pod('1', { node: 'b' })])).toEqual({ node: 'b' })
    expect(choose({}, [avoided])).toEqual({ node: 'a' })
  })

  it('where it is spread best; pods on their way out do not count', () => {
    const gone = { metadata: { deletionTimestamp: '2026-01-01T12:00:00Z' } }
    const placed = [pod('1', { node: 'a' }), pod('2', { node: 'b', ...gone }), pod('3', { node: 'b', ...gone })]
    expect(choose(spread('DoNotSchedule'), [node('a'), node('b')], placed)).toEqual({ node: 'b' })
    expect(choose(spread('ScheduleAnyway'), [node('a'), node('b')], placed)).toEqual({ node: 'b' })
  })
})

describe('a pod goes nowhere', () => {
  it('without nodes', () => {
    expect(choose({}, [])).toEqual({ unschedulable: 'no nodes available to schedule pods' })
  })

  it('and it is told why, in the words of the scheduler', () => {
    const nodes = [
      node('a', { unschedulable: true }),
      node('b', { taints: [noSchedule] }),
      node('c', { taints: [noSchedule] }),
      node('d'),
    ]
    expect(choose({ nodeSelector: { disk: 'ssd' } }, nodes)).toEqual({
      unschedulable:
        "0/4 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) were unschedulable, " +
        '2 node(s) had untolerated taint(s). preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling.',
    })
  })

  it('when it would be too uneven', () => {
    const full = [node('a'), node('b', { taints: [noSchedule] })]
    const placed = [pod('1', { node: 'a' })]
    expect(choose(spread('DoNotSchedule'), full, placed)).toMatchObject({
      unschedulable: expect.stringContaining("1 node(s) didn't match pod topology spread constraints"),
    })
    expect(choose(spread('ScheduleAnyway'), full, placed)).toEqual({ node: 'a' })
  })
})

describe('a taint', () => {
  const cases: [string, Toleration, boolean][] = [
    ['is tolerated by key and value', { key: 'dedicated', operator: 'Equal', value: 'db', effect: 'NoSchedule' }, true],
    ['is tolerated by its key alone', { key: 'dedicated', operator: 'Exists' }, true],
    ['is tolerated by one that tolerates everything', { operator: 'Exists' }, true],
    ['is not tolerated with another value', { key: 'dedicated', value: 'web' }, false],
    ['is not tolerated with another effect', { key: 'dedicated', operator: 'Exists', effect: 'NoExecute' }, false],
    ['is not tolerated with another key', { key: 'other', operator: 'Exists' }, false],
  ]
  test.each(cases)('%s', (_name, toleration, expected) => {
    expect(isTolerated(noSchedule, toleration)).toBe(expected)
  })
})
