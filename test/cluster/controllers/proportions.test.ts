import { describe, expect, it, test } from 'vitest'
import { planProportions, wasScaled } from '../../../src/cluster/controllers/deployment/proportions.ts'
import { deployment, replicaSet } from './objects.ts'

interface Case {
  from: number
  to: number
  surge?: [number, number]
  /** Sizes, the newest first; undefined when the newest is of an old template. */
  current?: number
  old: number[]
  expected: number[]
}

describe('a Deployment that is scaled', () => {
  const cases: [string, Case][] = [
    ['gives everything to its only ReplicaSet', { from: 10, to: 12, current: 10, old: [], expected: [12] }],
    ['takes everything from its only ReplicaSet', { from: 10, to: 5, current: 10, old: [], expected: [5] }],
    ['in a rollout grows in proportion', { from: 5, to: 10, current: 2, old: [3], expected: [4, 6] }],
    ['in a rollout shrinks in proportion', { from: 5, to: 3, current: 2, old: [3], expected: [1, 2] }],
    ['can lose a small ReplicaSet', { from: 9, to: 4, current: 8, old: [1], expected: [4, 0] }],
    ['grows three', { from: 7, to: 10, current: 2, old: [3, 2], expected: [3, 4, 3] }],
    ['shrinks three', { from: 13, to: 8, current: 2, old: [8, 3], expected: [1, 5, 2] }],
    ['gives what is left to the newest of equals', { from: 3, to: 4, current: 1, old: [1, 1], expected: [2, 1, 1] }],
    ['takes what is left from the oldest of equals', { from: 3, to: 2, current: 1, old: [1, 1], expected: [1, 1, 0] }],
    ['without a current ReplicaSet grows the newest', { from: 4, to: 5, old: [2, 2], expected: [3, 2] }],
    ['goes to nothing', { from: 6, to: 0, current: 3, old: [2, 1], expected: [0, 0, 0] }],
    ['comes from nothing', { from: 0, to: 6, current: 0, old: [0, 0], expected: [6, 0, 0] }],
    ['counts its surge', { from: 10, to: 20, surge: [2, 2], current: 6, old: [6], expected: [11, 11] }],
    ['counts a surge that changes', { from: 10, to: 50, surge: [3, 6], current: 5, old: [8], expected: [22, 34] }],
    ['with a new template scales what there is', { from: 10, to: 14, old: [7, 3], expected: [10, 4] }],
  ]
  test.each(cases)('%s', (_name, { from, to, surge = [0, 0], current, old, expected }) => {
    const before = deployment({ replicas: from, maxSurge: surge[0], maxUnavailable: 0 })
    const after = deployment({ replicas: to, maxSurge: surge[1], maxUnavailable: 0 })
    const sizes = current === undefined ? old : [current, ...old]
    const sets = sizes.map((size, age) => replicaSet(`v${9 - age}`, size, { age, sizedFor: before }))
    const [first, ...rest] = sets
    const isCurrent = current !== undefined
    const plan = planProportions(after, isCurrent ? first : undefined, (isCurrent ? rest : sets).reverse())
    const sized = new Map(plan.map(({ replicaSet, to }) => [replicaSet.metadata.name, to]))
    expect(sizes.map((size, age) => sized.get(`v${9 - age}`) ?? size)).toEqual(expected)
  })

  it('clears old ReplicaSets away when the current one has all that is wanted', () => {
    const wanted = deployment({ replicas: 4 })
    const current = replicaSet('new', 4, { sizedFor: wanted })
    const plan = planProportions(wanted, current, [replicaSet('old', 2, { age: 1 })])
    expect(plan.map(({ replicaSet, to }) => [replicaSet.metadata.name, to])).toEqual([['old', 0]])
  })

  it('leaves old pods alone when the current ReplicaSet has its size and none available', () => {
    const wanted = deployment({ replicas: 2, maxSurge: 1, maxUnavailable: 1 })
    const current = replicaSet('new', 2, { available: 0, sizedFor: wanted })
    const plan = planProportions(wanted, current, [replicaSet('old', 1, { age: 1, sizedFor: wanted })])
    expect(plan.map(({ from, to }) => [from, to])).toEqual([
      [2, 2],
      [1, 1],
    ])
  })

  it('is told from one that is not by what its ReplicaSets were sized for', () => {
    const before = deployment({ replicas: 4 })
    const sets = [replicaSet('new', 4, { sizedFor: before }), replicaSet('old', 0)]
    expect(wasScaled(before, sets)).toBe(false)
    expect(wasScaled(deployment({ replicas: 5 }), sets)).toBe(true)
    // One that nobody sized yet, and one without pods, tell nothing.
    expect(wasScaled(deployment({ replicas: 5 }), [replicaSet('new', 4)])).toBe(false)
    expect(wasScaled(deployment({ replicas: 5 }), [replicaSet('new', 0, { sizedFor: before })])).toBe(false)
  })
})
