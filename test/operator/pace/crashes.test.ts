import { describe, expect, test } from 'vitest'
import { Crashes } from '../../../src/operator/pace/crashes.ts'
import type { PodSeen } from '../../../src/operator/pace/watched-pods.ts'
import { defaultTerms, judgeEpoch, withCrashes } from '../../../src/pacing/index.ts'
import { pacingOf, replicaSet, SightStage, targetOf } from './sight-stage.ts'

const pod = (uid: string, hash: string, restarts: number, more: Partial<PodSeen> = {}): PodSeen => ({
  uid,
  hash,
  restarts,
  podIP: '10.0.0.1',
  ...more,
})

describe('what is counted', () => {
  test('restarts since the first sight, of whom they are, and from when on', () => {
    const crashes = new Crashes()
    crashes.look([pod('a', 'new', 3), pod('b', 'old', 0)], 'new', 10)
    expect(crashes.since(0)).toEqual({ ofNewVersion: 0, ofOthers: 0 })
    crashes.look([pod('a', 'new', 5), pod('b', 'old', 1)], 'new', 20)
    crashes.look([pod('a', 'new', 6), pod('b', 'old', 1)], 'new', 30)
    expect(crashes.since(20)).toEqual({ ofNewVersion: 3, ofOthers: 1 })
    expect(crashes.since(21)).toEqual({ ofNewVersion: 1, ofOthers: 0 })
  })

  test('none twice when a cache goes back in time, none of pods that were deleted, and none before the template is known', () => {
    const crashes = new Crashes()
    for (const restarts of [0, 1, 0, 1]) crashes.look([pod('a', 'new', restarts)], 'new', 10)
    expect(crashes.since(0).ofNewVersion).toBe(1)
    crashes.look([pod('a', 'new', 2, { deletionTimestamp: '2026-01-01T00:00:00Z' })], 'new', 20)
    expect(crashes.since(0).ofNewVersion).toBe(1)
    crashes.look([pod('a', 'new', 3)], undefined, 30)
    expect(crashes.since(0)).toEqual({ ofNewVersion: 1, ofOthers: 1 })
    crashes.forgetBefore(30)
    expect(crashes.since(0)).toEqual({ ofNewVersion: 0, ofOthers: 1 })
  })
})

describe('what follows', () => {
  const epoch = { blameFromMs: 5 }
  const nothing = { kind: 'counts', counts: { newVersion: { requests: 1000, errors: 0 } } } as const
  const judged = judgeEpoch(undefined, epoch, { sinceBlame: nothing, sinceObserved: nothing }, defaultTerms)

  test.each([
    { ofNewVersion: 1, ofOthers: 0, blamed: false },
    { ofNewVersion: 2, ofOthers: 0, blamed: true },
    { ofNewVersion: 3, ofOthers: 3, blamed: false },
    { ofNewVersion: 4, ofOthers: 3, blamed: true },
  ])('$ofNewVersion of the new version and $ofOthers elsewhere: blamed $blamed', ({ blamed, ...counts }) => {
    const { pace, verdict } = withCrashes(judged, counts, epoch)
    expect([pace.outcome, pace.blame, verdict.kind]).toEqual(
      blamed ? ['Breached', 'newVersion', 'Breached'] : [judged.pace.outcome, undefined, judged.verdict.kind],
    )
  })

  test('a breach of its own stays, and is told, for the epoch', () => {
    const { memory } = withCrashes(judged, { ofNewVersion: 2, ofOthers: 0 }, epoch)
    const later = judgeEpoch(memory, epoch, { sinceBlame: nothing, sinceObserved: nothing }, defaultTerms)
    expect(later.pace.outcome).toBe('Breached')
    expect(later.verdict.because).toBe(
      'containers of the new version ended 2 times by themselves, and 0 times elsewhere',
    )
    const next = { blameFromMs: 6 }
    const anew = judgeEpoch(memory, next, { sinceBlame: nothing, sinceObserved: nothing }, defaultTerms)
    expect(anew.pace.outcome).not.toBe('Breached')
  })
})

test('a version whose containers are killed is stopped, whatever those that are left answer', async () => {
  const stage = new SightStage()
  stage.server.items['replicasets'] = [replicaSet('new', 'v2')]
  stage.pods = [pod('a', 'new', 0), pod('b', 'new', 0), pod('c', 'old', 0)]
  stage.sights.follow(targetOf({ pacing: pacingOf({ objective: { errorRate: 0.1 } }) }), { blameFromMs: stage.now() })
  await stage.clock.advance(2000)
  stage.ear.happen('newVersion', 1000)
  stage.pods = [pod('a', 'new', 1), pod('b', 'new', 0), pod('c', 'old', 0)]
  await stage.clock.advance(2000)
  expect(stage.pace.outcome).toBe('Healthy')
  stage.pods = [pod('a', 'new', 1), pod('b', 'new', 1), pod('c', 'old', 0)]
  await stage.clock.advance(2000)
  expect(stage.pace).toMatchObject({ outcome: 'Breached', blame: 'newVersion' })
  expect(stage.sight.verdict?.because).toContain('ended 2 times')
  stage.sights.follow(targetOf({ pacing: pacingOf({ objective: { errorRate: 0.1 } }) }), {
    blameFromMs: stage.now() + 1,
  })
  await stage.clock.advance(4000)
  expect(stage.pace.outcome).toBe('Inconclusive')
})
