import { describe, expect, it } from 'vitest'
import {
  byRevision,
  currentAnnotations,
  nextRevision,
  revisionHistoryKey,
  revisionKey,
  sizeAnnotations,
} from '../../../src/cluster/controllers/deployment/revisions.ts'
import { deployment, replicaSet } from './objects.ts'

const revised = (name: string, revision: string, age = 0) =>
  replicaSet(name, 0, { age, metadata: { annotations: { [revisionKey]: revision } } })

describe('a revision', () => {
  it('is one more than the highest of the old', () => {
    expect(nextRevision([])).toBe(1)
    expect(nextRevision([revised('a', '3'), revised('b', '7'), revised('c', 'x')])).toBe(8)
  })

  it('orders ReplicaSets, then age does', () => {
    const sets = [revised('c', '10'), revised('b', '9'), revised('a', '9', 5)]
    expect(sets.sort(byRevision).map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c'])
  })
})

describe('the annotations of the current ReplicaSet', () => {
  const made = deployment({
    metadata: {
      annotations: {
        note: 'kept',
        [revisionKey]: '4',
        'kubectl.kubernetes.io/last-applied-configuration': '{}',
      },
    },
  })

  it("are the Deployment's, without what is its own", () => {
    expect(currentAnnotations(made, {}, 5)).toEqual({ note: 'kept', [revisionKey]: '5' })
  })

  it('keep a revision that is not lower', () => {
    expect(currentAnnotations(made, { [revisionKey]: '6' }, 5)).toEqual({ note: 'kept', [revisionKey]: '6' })
  })

  it('remember the revision that a rollback left', () => {
    const once = currentAnnotations(made, { [revisionKey]: '1' }, 3)
    expect(once).toMatchObject({ [revisionKey]: '3', [revisionHistoryKey]: '1' })
    expect(currentAnnotations(made, once, 5)).toMatchObject({ [revisionKey]: '5', [revisionHistoryKey]: '1,3' })
  })

  it('forget the oldest of a long history', () => {
    const long = Array.from({ length: 600 }, (_, index) => String(index)).join(',')
    const { [revisionHistoryKey]: history = '' } = currentAnnotations(
      made,
      { [revisionKey]: '600', [revisionHistoryKey]: long },
      601,
    )
    expect(history.length).toBeLessThanOrEqual(2000)
    expect(history.startsWith('0,')).toBe(false)
    expect(history.endsWith(',600')).toBe(true)
  })
})

it('the size that a ReplicaSet was made for includes the surge', () => {
  expect(Object.values(sizeAnnotations(deployment({ replicas: 10, maxSurge: '25%' })))).toEqual(['10', '13'])
})
