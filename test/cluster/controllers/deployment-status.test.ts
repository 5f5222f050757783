import { describe, expect, it } from 'vitest'
import {
  countedStatus,
  isComplete,
  nextProgressCheckMs,
  progressCondition,
  rolloutStatus,
} from '../../../src/cluster/controllers/deployment/status.ts'
import type { Condition, DeploymentStatus } from '../../../src/cluster/controllers/shared/objects.ts'
import { timestamp } from '../../../src/cluster/controllers/shared/timestamps.ts'
import { deployment, nowMs, replicaSet } from './objects.ts'

const conditionOf = (status: DeploymentStatus, type: string): Condition | undefined =>
  status.conditions?.find((condition) => condition.type === type)

const since = (seconds: number, reason: string, status: 'True' | 'Unknown' = 'True'): Condition =>
  progressCondition(nowMs - seconds * 1000, status, reason, 'before')

describe('the counts of a Deployment', () => {
  it('are the sums of its ReplicaSets, without zeros, but with terminating pods also when there are none', () => {
    const set = (name: string, terminatingReplicas: number) =>
      replicaSet(name, 2, {
        status: { replicas: 3, readyReplicas: 2, availableReplicas: 1, terminatingReplicas, observedGeneration: 1 },
      })
    const status = countedStatus(deployment({ replicas: 4 }), { current: set('new', 0), old: [set('old', 0)] }, nowMs)
    expect(status).toMatchObject({
      observedGeneration: 1,
      replicas: 6,
      updatedReplicas: 3,
      readyReplicas: 4,
      availableReplicas: 2,
      unavailableReplicas: 2,
      terminatingReplicas: 0,
    })
    const empty = countedStatus(deployment({ replicas: 0 }), { current: undefined, old: [] }, nowMs)
    expect(Object.keys(empty).sort()).toEqual(['conditions', 'observedGeneration', 'terminatingReplicas'])
  })

  it('tell no terminating pods while a ReplicaSet does not', () => {
    const unknown = replicaSet('old', 1, { status: { replicas: 1, observedGeneration: 1 } })
    expect(
      countedStatus(deployment(), { current: undefined, old: [unknown] }, nowMs).terminatingReplicas,
    ).toBeUndefined()
  })

  it('make it available as long as no more are missing than may be', () => {
    const wanted = deployment({ replicas: 4, maxUnavailable: 1 })
    const available = (count: number) =>
      conditionOf(
        countedStatus(wanted, { current: replicaSet('new', 4, { available: count }), old: [] }, nowMs),
        'Available',
      )
    expect(available(3)).toMatchObject({ status: 'True', reason: 'MinimumReplicasAvailable' })
    expect(available(2)).toMatchObject({ status: 'False', reason: 'MinimumReplicasUnavailable' })
  })
})

describe('the progress of a rollout', () => {
  const generations = (available: number, old = 0) => ({
    current: replicaSet('new', 4, { available }),
    old: old === 0 ? [] : [replicaSet('old', old, { age: 1 })],
  })
  const report = (parts: { before: DeploymentStatus; available: number; old?: number; deadline?: number }) =>
    conditionOf(
      rolloutStatus(
        deployment({
          replicas: 4,
          status: parts.before,
          spec: { progressDeadlineSeconds: parts.deadline ?? 600 },
        }),
        generations(parts.available, parts.old),
        nowMs,
      ),
      'Progressing',
    )

  it('ends when all are available and nothing old is left', () => {
    const before = { replicas: 4, updatedReplicas: 4, conditions: [since(30, 'ReplicaSetUpdated')] }
    expect(report({ before, available: 4 })).toMatchObject({
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: 'ReplicaSet "new" has successfully progressed.',
      lastUpdateTime: timestamp(nowMs),
      lastTransitionTime: timestamp(nowMs - 30_000),
    })
  })

  it('starts the deadline anew with every step, and keeps the time of the transition', () => {
    const before = {
      replicas: 5,
      updatedReplicas: 4,
      availableReplicas: 2,
      conditions: [since(500, 'ReplicaSetUpdated')],
    }
    expect(report({ before, available: 2, old: 1 })?.lastUpdateTime).toBe(timestamp(nowMs))
    expect(
      report({ before: { ...before, readyReplicas: 9, availableReplicas: 9 }, available: 2, old: 1 })?.lastUpdateTime,
    ).toBe(timestamp(nowMs - 500_000))
    expect(report({ before, available: 3, old: 1 })?.lastTransitionTime).toBe(timestamp(nowMs - 500_000))
  })

  it('has run out of time when nothing moved for longer than the deadline', () => {
    const before = (seconds: number, reason = 'ReplicaSetUpdated'): DeploymentStatus => ({
      replicas: 5,
      updatedReplicas: 4,
      readyReplicas: 9,
      availableReplicas: 9,
      conditions: [since(seconds, reason)],
    })
    expect(report({ before: before(599), available: 1, old: 1 })?.reason).toBe('ReplicaSetUpdated')
    expect(report({ before: before(601), available: 1, old: 1 })).toMatchObject({
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: 'ReplicaSet "new" has timed out progressing.',
    })
    // The last rollout's end is no beginning of this one.
    expect(report({ before: before(601, 'NewReplicaSetAvailable'), available: 1, old: 1 })?.reason).toBe(
      'NewReplicaSetAvailable',
    )
  })

  it('is not told without a deadline', () => {
    const before = { conditions: [since(1, 'ReplicaSetUpdated')] }
    expect(report({ before, available: 1, deadline: 2 ** 31 - 1 })).toBeUndefined()
  })

  it('is looked at again when the deadline would have passed', () => {
    const at = (parts: Parameters<typeof deployment>[0], status: DeploymentStatus = {}) =>
      nextProgressCheckMs(deployment(parts), status, nowMs)
    expect(at({ status: { conditions: [since(180, 'ReplicaSetUpdated')] } })).toBe(421_000)
    expect(at({ status: { conditions: [since(999, 'ReplicaSetUpdated')] } })).toBe(1000)
    expect(at({})).toBeUndefined()
    expect(at({ status: { conditions: [since(1, 'ProgressDeadlineExceeded')] } })).toBeUndefined()
    const done = { updatedReplicas: 10, replicas: 10, availableReplicas: 10, observedGeneration: 1 }
    expect(at({ status: { conditions: [since(1, 'ReplicaSetUpdated')] } }, done)).toBeUndefined()
    expect(isComplete(deployment(), done)).toBe(true)
    expect(isComplete(deployment({ metadata: { generation: 2 } }), done)).toBe(false)
  })
})

it('why pods cannot be made is told by the current ReplicaSet first, and forgotten when it is over', () => {
  const failing = (name: string) =>
    replicaSet(name, 1, {
      status: { conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: name }] },
    })
  const tell = (current: string | undefined, old: string[], before: DeploymentStatus = {}) =>
    conditionOf(
      rolloutStatus(
        deployment({ status: before }),
        { current: current === undefined ? replicaSet('new', 1) : failing(current), old: old.map(failing) },
        nowMs,
      ),
      'ReplicaFailure',
    )
  expect(tell('new', ['old'])?.message).toBe('new')
  expect(tell(undefined, ['old'])?.message).toBe('old')
  expect(tell(undefined, [], { conditions: [{ type: 'ReplicaFailure', status: 'True' }] })).toBeUndefined()
})
