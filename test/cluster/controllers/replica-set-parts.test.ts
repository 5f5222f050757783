import { describe, expect, it, test } from 'vitest'
import { podsToDelete } from '../../../src/cluster/controllers/replicaset/deletion-order.ts'
import { Expectations, expectationsTimeoutMs } from '../../../src/cluster/controllers/replicaset/expectations.ts'
import { slowStart } from '../../../src/cluster/controllers/replicaset/slow-start.ts'
import { nextAvailabilityMs, replicaSetStatus } from '../../../src/cluster/controllers/replicaset/status.ts'
import type { Pod } from '../../../src/cluster/controllers/shared/objects.ts'
import { VirtualClock } from '../../kube/virtual-clock.ts'
import { nowMs, pod, type PodParts, replicaSet } from './objects.ts'

describe('of too many pods', () => {
  const order = (pods: readonly Pod[], related: readonly Pod[] = pods): string[] =>
    [1, 2].slice(0, pods.length - 1).flatMap((count) => {
      const names = podsToDelete(pods, related, count, nowMs).map(({ metadata }) => metadata.name)
      return names.slice(count - 1)
    })
  const first: [string, PodParts, PodParts][] = [
    ['one without a node goes', { node: '' }, { ready: false, phase: 'Pending' }],
    ['one that is pending goes', { phase: 'Pending', ready: true }, { ready: false }],
    ['one that is not ready goes', { ready: false }, { metadata: { annotations: cost('-5') } }],
    ['the cheapest goes', { metadata: { annotations: cost('-1') } }, { since: 0.1 }],
    [
      'what is no cost costs nothing',
      { metadata: { annotations: cost('1e3') }, since: 1 },
      { metadata: { annotations: cost('1') } },
    ],
    ['the one that became ready last goes', { since: 1 }, { since: 100 }],
    ['the one that restarted most goes', { restarts: 3 }, { age: 1 }],
    ['the youngest goes', { age: 1 }, { age: 100 }],
  ]
  test.each(first)('%s first', (_name, goes, stays) => {
    expect(order([pod('stays', stays), pod('goes', goes)])).toEqual(['goes'])
  })

  it('the one with more neighbours of its Deployment goes first', () => {
    const pods = [pod('alone', { node: 'a', since: 1 }), pod('crowded', { node: 'b', since: 100 })]
    const related = [...pods, pod('other', { node: 'b' }), pod('gone', { node: 'a', phase: 'Failed' })]
    expect(order(pods, related)).toEqual(['crowded'])
  })

  it('of ages within a power of two uids decide', () => {
    const pods = [pod('b', { since: 100 }), pod('a', { since: 101 }), pod('c', { since: 102 })]
    expect(order(pods)).toEqual(['a', 'b'])
  })

  it('all go when all are too many', () => {
    expect(podsToDelete([pod('a'), pod('b')], [], 2, nowMs)).toHaveLength(2)
  })
})

function cost(value: string): Record<string, string> {
  return { 'controller.kubernetes.io/pod-deletion-cost': value }
}

describe('what a ReplicaSet did', () => {
  it('is waited for until the cache shows all of it', () => {
    const expectations = new Expectations(new VirtualClock())
    expect(expectations.areMet('a')).toBe(true)
    expectations.expectCreations('a', 2)
    expectations.created('a')
    expect(expectations.areMet('a')).toBe(false)
    expectations.created('a')
    expect(expectations.areMet('a')).toBe(true)
    expectations.expectDeletions('a', ['x', 'y'])
    // The same deletion is seen twice: as terminating, and as gone.
    expectations.deleted('a', 'x')
    expectations.deleted('a', 'x')
    expect(expectations.areMet('a')).toBe(false)
    expectations.deleted('a', 'y')
    expect(expectations.areMet('a')).toBe(true)
  })

  it('is not waited for for ever, nor by another of its name', async () => {
    const clock = new VirtualClock()
    const expectations = new Expectations(clock)
    expectations.expectCreations('a', 1)
    expectations.expectCreations('b', 1)
    expectations.forget('b')
    expect(expectations.areMet('b')).toBe(true)
    await clock.advance(expectationsTimeoutMs)
    expect(expectations.areMet('a')).toBe(false)
    await clock.advance(1)
    expect(expectations.areMet('a')).toBe(true)
  })
})

describe('a slow start', () => {
  it('doubles its batches', async () => {
    let running = 0
    const sizes: number[] = []
    const outcome = await slowStart(9, async () => {
      running += 1
      if (running === 1) queueMicrotask(() => sizes.push(running))
      await Promise.resolve()
      await Promise.resolve()
      running -= 1
    })
    expect(outcome).toEqual({ succeeded: 9 })
    expect(sizes).toEqual([1, 2, 4, 2])
  })

  it('ends with the first batch that fails', async () => {
    let calls = 0
    const outcome = await slowStart(100, async () => {
      calls += 1
      if (calls === 3) throw new Error('full')
    })
    expect(outcome).toMatchObject({ succeeded: 2, failure: { message: 'full' } })
    expect(calls).toBe(3)
  })
})

describe('the status of a ReplicaSet', () => {
  const active = [
    pod('available', { since: 2 }),
    pod('ready', { since: 0.5 }),
    pod('not-ready', { ready: false }),
    pod('other-label', { since: 2, metadata: { labels: { tier: 'x' } } }),
  ]

  it('counts pods by what they are', () => {
    const set = replicaSet('web', 4, { spec: { minReadySeconds: 60 } })
    expect(replicaSetStatus(set, { active, terminating: [pod('old')] }, undefined, nowMs)).toEqual({
      replicas: 4,
      fullyLabeledReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 2,
      terminatingReplicas: 1,
      observedGeneration: 1,
    })
    expect(nextAvailabilityMs(set, active, nowMs)).toBe(30_000)
    expect(nextAvailabilityMs(replicaSet('web', 4), active, nowMs)).toBeUndefined()
  })

  it('says none as 0 where the wire does', () => {
    const status = replicaSetStatus(replicaSet('web', 0), { active: [], terminating: [] }, undefined, nowMs)
    expect(status).toEqual({ replicas: 0, terminatingReplicas: 0, observedGeneration: 1 })
  })

  it('tells a failure once, by what was missing or too many, until it is over', () => {
    const failed = (replicas: number, before: object = {}) =>
      replicaSetStatus(replicaSet('web', replicas, { status: before }), { active, terminating: [] }, 'no room', nowMs)
        .conditions
    expect(failed(5)).toMatchObject([
      { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'no room' },
    ])
    expect(failed(3)).toMatchObject([{ reason: 'FailedDelete' }])
    const known = { conditions: [{ type: 'ReplicaFailure', status: 'True', message: 'before' }] }
    expect(failed(5, known)).toBe(known.conditions)
    const over = replicaSetStatus(
      replicaSet('web', 4, { status: { conditions: [{ type: 'ReplicaFailure', status: 'True' }] } }),
      { active, terminating: [] },
      undefined,
      nowMs,
    )
    expect(over.conditions).toBeUndefined()
  })
})
