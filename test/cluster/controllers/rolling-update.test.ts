import * as fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import {
  fencepostsOf,
  newReplicaCount,
  planScaleDown,
  planScaleUp,
} from '../../../src/cluster/controllers/deployment/rolling-update.ts'
import type { IntOrPercent, ReplicaSet } from '../../../src/cluster/controllers/shared/objects.ts'
import { deployment, replicaSet } from './objects.ts'

describe('how far a rollout may go', () => {
  const cases: [string, number, IntOrPercent, IntOrPercent, { maxSurge: number; maxUnavailable: number }][] = [
    ['rounds surge up and unavailability down', 10, '25%', '25%', { maxSurge: 3, maxUnavailable: 2 }],
    ['takes numbers as they are', 10, 2, 4, { maxSurge: 2, maxUnavailable: 4 }],
    ['may miss one pod when both come to nothing', 10, 0, '1%', { maxSurge: 0, maxUnavailable: 1 }],
    ['surges by one for any percentage', 1, '1%', '25%', { maxSurge: 1, maxUnavailable: 0 }],
    ['misses no more pods than there are', 2, 0, 5, { maxSurge: 0, maxUnavailable: 2 }],
    ['misses none of none', 0, 0, 1, { maxSurge: 0, maxUnavailable: 0 }],
  ]
  test.each(cases)('%s', (_name, replicas, maxSurge, maxUnavailable, expected) => {
    expect(fencepostsOf(deployment({ replicas, maxSurge, maxUnavailable }))).toEqual(expected)
  })

  it('is nowhere for a Deployment that is recreated', () => {
    expect(fencepostsOf(deployment({ recreate: true }))).toEqual({ maxSurge: 0, maxUnavailable: 0 })
  })
})

describe('upwards', () => {
  const cases: [string, { replicas: number; maxSurge: IntOrPercent; current: number; old: number; to?: number }][] = [
    ['a rollout begins with its surge', { replicas: 10, maxSurge: 5, current: 0, old: 10, to: 5 }],
    ['it stops at the surge', { replicas: 10, maxSurge: 5, current: 5, old: 10 }],
    ['it uses what old pods have left', { replicas: 10, maxSurge: 5, current: 5, old: 8, to: 7 }],
    ['it never wants more than the Deployment', { replicas: 10, maxSurge: 10, current: 2, old: 2, to: 10 }],
    ['without surge it waits', { replicas: 10, maxSurge: 0, current: 0, old: 10 }],
    ['a ReplicaSet that is too large shrinks', { replicas: 10, maxSurge: 0, current: 12, old: 0, to: 10 }],
    ['one that is as wanted stays', { replicas: 10, maxSurge: 0, current: 10, old: 0 }],
  ]
  test.each(cases)('%s', (_name, { replicas, maxSurge, current, old, to }) => {
    const plan = planScaleUp(deployment({ replicas, maxSurge, maxUnavailable: 1 }), replicaSet('new', current), [
      replicaSet('old', old, { age: 1 }),
    ])
    expect(plan?.to).toBe(to)
  })

  it('a recreated Deployment gets everything at once', () => {
    expect(newReplicaCount(deployment({ recreate: true, replicas: 4 }), [], 0)).toBe(4)
  })
})

describe('downwards', () => {
  const sizes = (steps: readonly { replicaSet: ReplicaSet; from: number; to: number }[]): string[] =>
    steps.map(({ replicaSet, from, to }) => `${replicaSet.metadata.name} ${from}>${to}`)
  const cases: [string, { current: [number, number]; old: [number, number][]; unavailable?: number }, string[]][] = [
    ['unavailability allows a first step', { current: [0, 0], old: [[10, 10]], unavailable: 2 }, ['old-0 10>8']],
    ['new pods that are not available hold it back', { current: [3, 0], old: [[8, 8]], unavailable: 2 }, []],
    ['each that becomes available lets one go', { current: [3, 1], old: [[8, 8]], unavailable: 2 }, ['old-0 8>7']],
    ['without unavailability only surplus goes', { current: [3, 1], old: [[10, 10]], unavailable: 0 }, ['old-0 10>9']],
    [
      'pods that are not available go first, then as many as can be spared',
      { current: [5, 5], old: [[8, 5]], unavailable: 2 },
      ['old-0 8>5', 'old-0 5>3'],
    ],
    [
      'the oldest ReplicaSet goes first',
      {
        current: [10, 10],
        old: [
          [2, 2],
          [3, 3],
        ],
        unavailable: 0,
      },
      ['old-0 2>0', 'old-1 3>0'],
    ],
    ['nothing old, nothing to do', { current: [10, 10], old: [[0, 0]], unavailable: 2 }, []],
    ['a ReplicaSet that has yet to let pods go stops it', { current: [4, 1], old: [[4, 7]], unavailable: 7 }, []],
    [
      'a roll over frees the old ones at once, although no new pod is there',
      {
        current: [0, 0],
        old: [
          [8, 8],
          [5, 0],
        ],
        unavailable: 2,
      },
      ['old-1 5>0'],
    ],
  ]
  test.each(cases)('%s', (_name, { current, old, unavailable = 0 }, expected) => {
    const plan = planScaleDown(
      deployment({ replicas: 10, maxSurge: 3, maxUnavailable: unavailable }),
      replicaSet('new', current[0], { available: current[1] }),
      old.map(([replicas, available], index) => replicaSet(`old-${index}`, replicas, { available, age: 9 - index })),
    )
    expect(sizes(plan)).toEqual(expected)
  })

  it('never takes an available pod that is needed', () => {
    const count = fc.integer({ min: 0, max: 12 })
    const size = fc
      .tuple(count, count)
      .map(([one, other]): [number, number] => [Math.max(one, other), Math.min(one, other)])
    fc.assert(
      fc.property(
        count,
        count,
        count,
        size,
        fc.array(size, { maxLength: 3 }),
        (replicas, surge, missing, current, old) => {
          const wanted = deployment({ replicas, maxSurge: surge, maxUnavailable: missing })
          const sets = old.map(([total, available], index) =>
            replicaSet(`old-${index}`, total, { available, age: index }),
          )
          const last = new Map<string, number>()
          for (const step of planScaleDown(wanted, replicaSet('new', current[0], { available: current[1] }), sets)) {
            last.set(step.replicaSet.metadata.name, step.to)
          }
          // Unavailable pods are deleted first: what is left of a ReplicaSet are the available ones.
          const available = (set: ReplicaSet): number =>
            Math.min(set.status?.availableReplicas ?? 0, last.get(set.metadata.name) ?? Infinity)
          const before = sets.reduce((sum, set) => sum + (set.status?.availableReplicas ?? 0), current[1])
          const after = sets.reduce((sum, set) => sum + available(set), current[1])
          expect(after).toBeGreaterThanOrEqual(Math.min(before, replicas - fencepostsOf(wanted).maxUnavailable))
          for (const to of last.values()) expect(to).toBeGreaterThanOrEqual(0)
        },
      ),
    )
  })
})
