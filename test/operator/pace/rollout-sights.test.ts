import { describe, expect, test } from 'vitest'
import {
  disruptionBudget,
  key,
  pacingOf,
  replicaSet,
  revisionOf,
  rolling,
  SightStage,
  targetOf,
  versionOf,
} from './sight-stage.ts'

describe('the ticks', () => {
  test('are every 2 s in a rollout, every 10 s without, and at once when that changes', async () => {
    const stage = new SightStage()
    stage.sights.follow(targetOf(), undefined)
    await stage.clock.advance(30_000)
    expect(stage.ear.asked).toHaveLength(4)
    stage.sights.follow(targetOf(), { blameFromMs: stage.now() })
    await stage.clock.advance(0)
    expect(stage.ear.asked).toHaveLength(5)
    await stage.clock.advance(6000)
    expect(stage.ear.asked).toHaveLength(8)
    stage.sights.follow(targetOf(), undefined)
    await stage.clock.advance(9999)
    expect(stage.ear.asked).toHaveLength(9)
  })

  test('come sooner while a step is complete since a moment ago', async () => {
    const { stage } = await rolling()
    await stage.clock.advance(3000)
    stage.sights.follow(targetOf(), { blameFromMs: stage.now() - 3000, settledMs: stage.now() })
    await stage.clock.advance(0)
    const before = stage.ear.asked.length
    await stage.clock.advance(1000)
    expect(stage.ear.asked).toHaveLength(before + 2)
    await stage.clock.advance(9000)
    const later = stage.ear.asked.length
    await stage.clock.advance(6000)
    expect(stage.ear.asked).toHaveLength(later + 3)
  })

  test('never overlap, and a slow source has a pause between them', async () => {
    const { stage } = await rolling()
    stage.ear.takesMs = 5000
    await stage.clock.advance(30_000)
    expect(stage.ear.mostUnderWay).toBe(1)
    expect(stage.ear.asked).toHaveLength(6)
  })

  test('another epoch waits for the tick under way, whose figures are not its own, and is looked at right then', async () => {
    const { stage } = await rolling()
    stage.ear.takesMs = 500
    await stage.clock.advance(2100)
    stage.ear.happen('newVersion', 1000, 1000)
    stage.sights.follow(targetOf(), { blameFromMs: stage.now() + 1 })
    await stage.clock.advance(400)
    expect([stage.ear.asked.length, stage.ear.mostUnderWay, stage.ear.aborted]).toEqual([3, 1, 0])
    expect(stage.sight.verdict?.counts.requests).toBe(0)
    await stage.clock.advance(500)
    expect(stage.pace).toEqual({ outcome: 'Inconclusive', sinceMs: stage.now() - 899 })
  })

  test('another target ends the tick under way, and the next one follows', async () => {
    const { stage, epoch } = await rolling()
    stage.ear.takesMs = 500
    await stage.clock.advance(2100)
    stage.sights.follow(targetOf({ revisionId: revisionOf('v3') }), epoch)
    await stage.clock.advance(0)
    expect([stage.ear.aborted, stage.ear.asked.length, stage.ear.mostUnderWay]).toEqual([1, 3, 1])
    expect(stage.logged).toEqual([])
  })

  test('the same target and epoch change nothing', async () => {
    const { stage, epoch } = await rolling()
    stage.ear.takesMs = 500
    await stage.clock.advance(2100)
    for (let times = 0; times < 20; times++) stage.sights.follow(targetOf(), { ...epoch })
    await stage.clock.advance(1800)
    expect([stage.ear.aborted, stage.ear.asked.length]).toEqual([0, 2])
  })

  test.each(['idle', 'under way'])('stop ends everything, %s', async (when) => {
    const { stage } = await rolling()
    stage.ear.takesMs = 500
    await stage.clock.advance(when === 'idle' ? 1000 : 2100)
    stage.sights.stop(key)
    await stage.clock.advance(0)
    expect(stage.clock.timers).toEqual([])
    expect(stage.ear.underWay).toBe(0)
    expect(stage.sights.look(key, revisionOf('v2'))).toBeUndefined()
    expect(stage.logged).toEqual([])
  })

  test('close ends every watch', async () => {
    const { stage } = await rolling()
    stage.sights.follow(targetOf({ deploymentUid: 'other' }), undefined)
    await stage.clock.advance(0)
    stage.sights.close()
    expect(stage.clock.timers).toEqual([])
    // By a reconcile that was under way.
    stage.sights.follow(targetOf({ deploymentUid: 'late' }), undefined)
    expect(stage.clock.timers).toEqual([])
  })

  test('what breaks is logged, and is silence', async () => {
    const { stage } = await rolling()
    stage.ear.broken = new TypeError('a fault of ours')
    await stage.clock.advance(2000)
    expect(stage.sight.verdict).toMatchObject({ kind: 'Inconclusive', reason: 'NoData' })
    expect(stage.logged).toMatchObject([{ msg: 'listening to a rollout failed', err: { message: 'a fault of ours' } }])
    stage.ear.broken = undefined
    await stage.clock.advance(2000)
    expect(stage.sight.verdict).toMatchObject({ reason: 'TooFewRequests' })
  })
})

describe('the verdict of an epoch', () => {
  test('a breach stays until blameFromMs moves, whatever is heard later', async () => {
    const { stage, epoch } = await rolling()
    stage.ear.happen('newVersion', 200, 20)
    await stage.clock.advance(2000)
    const breached = { outcome: 'Breached', blame: 'newVersion', sinceMs: epoch.blameFromMs }
    expect(stage.pace).toEqual(breached)
    stage.ear.happen('newVersion', 1_000_000)
    await stage.clock.advance(60_000)
    expect(stage.pace).toEqual(breached)
    expect(stage.sight.verdict).toMatchObject({ kind: 'Breached' })
    stage.sights.follow(targetOf(), { ...epoch, settledMs: stage.now() })
    expect(stage.pace).toEqual(breached)
    stage.ear.silent = { kind: 'silent', reason: 'Timeout', message: 'slow' }
    await stage.clock.advance(2000)
    expect(stage.pace).toEqual(breached)
    stage.sights.follow(targetOf(), { blameFromMs: stage.now() })
    expect(stage.pace).toEqual({ outcome: 'Inconclusive', sinceMs: stage.now() })
    await stage.clock.advance(2000)
    expect(stage.pace.outcome).toBe('Inconclusive')
  })

  test('a breach that was answered is told until something else is concluded', async () => {
    const { stage } = await rolling()
    stage.ear.happen('newVersion', 200, 20)
    await stage.clock.advance(2000)
    const breached = stage.sight.verdict
    stage.sights.follow(targetOf(), { blameFromMs: stage.now() + 1 })
    await stage.clock.advance(30_000)
    expect(stage.pace.outcome).toBe('Inconclusive')
    expect(stage.sight.verdict).toBe(breached)
    const epoch = { blameFromMs: stage.now() }
    stage.sights.follow(targetOf(), epoch)
    await stage.clock.advance(2000)
    stage.sights.follow(targetOf(), { ...epoch, settledMs: stage.now() })
    await stage.clock.advance(2000)
    expect(stage.sight.verdict).toBe(breached)
    stage.ear.happen('newVersion', 10_000)
    await stage.clock.advance(2000)
    expect(stage.sight.verdict?.kind).toBe('Healthy')
    stage.ear.silent = { kind: 'silent', reason: 'Timeout', message: 'slow' }
    await stage.clock.advance(2000)
    expect(stage.sight.verdict).toMatchObject({ kind: 'Inconclusive', reason: 'Timeout' })
  })

  test('of a fix is its own: neither what it fixes is told of it, nor is its own breach no news', async () => {
    const { stage } = await rolling()
    stage.ear.happen('newVersion', 200, 20)
    await stage.clock.advance(2000)
    const breached = stage.sight.verdict
    expect(breached?.kind).toBe('Breached')
    // A contract of ours is the same version.
    const epoch = { blameFromMs: stage.now() + 1 }
    stage.sights.follow(targetOf({ revisionId: revisionOf('v2 with a longer hook') }), epoch)
    await stage.clock.advance(2000)
    expect(stage.sight.verdict).toBe(breached)
    const fixed = { blameFromMs: stage.now() + 1 }
    stage.server.items['replicasets'] = [replicaSet('newer', 'v3')]
    stage.sights.follow(targetOf({ templateId: versionOf('v3'), revisionId: revisionOf('v3') }), fixed)
    expect(stage.sight.verdict).toBeUndefined()
    await stage.clock.advance(2000)
    expect(stage.sight.verdict).toMatchObject({ kind: 'Inconclusive', counts: { requests: 0 } })
    stage.ear.happen('newVersion', 300, 30)
    await stage.clock.advance(2000)
    expect(stage.sight.verdict).toMatchObject({ kind: 'Breached', counts: { requests: 300 } })
  })

  test('a breach of the background that is over is told no longer', async () => {
    const { stage, epoch } = await rolling()
    stage.ear.happen('background', 200, 20)
    await stage.clock.advance(2000)
    expect(stage.pace).toMatchObject({ outcome: 'Breached', blame: 'background' })
    stage.sights.follow(targetOf(), { ...epoch, settledMs: stage.now() })
    stage.ear.happen('background', 9_000_000)
    await stage.clock.advance(2000)
    expect(stage.pace.outcome).toBe('Inconclusive')
    expect(stage.sight.verdict?.kind).toBe('Inconclusive')
  })

  test('only what was heard since the step was ready finds it healthy', async () => {
    const { stage, epoch } = await rolling()
    stage.ear.happen('newVersion', 10_000)
    await stage.clock.advance(2000)
    expect(stage.pace).toEqual({ outcome: 'Healthy', sinceMs: epoch.blameFromMs })
    const settledMs = stage.now()
    await stage.clock.advance(1)
    stage.sights.follow(targetOf(), { ...epoch, settledMs: settledMs + 1 })
    expect(stage.pace).toEqual({ outcome: 'Inconclusive', sinceMs: settledMs + 1 })
    await stage.clock.advance(4000)
    expect(stage.pace.outcome).toBe('Inconclusive')
    stage.ear.happen('background', 10_000)
    await stage.clock.advance(2000)
    expect(stage.pace.outcome).toBe('Inconclusive')
    stage.ear.happen('newVersion', 10_000)
    await stage.clock.advance(2000)
    expect(stage.pace).toEqual({ outcome: 'Healthy', sinceMs: settledMs + 1 })
  })

  test('health is of what is heard now: silence ends it', async () => {
    const { stage } = await rolling()
    stage.ear.happen('newVersion', 10_000)
    await stage.clock.advance(2000)
    expect(stage.pace.outcome).toBe('Healthy')
    stage.ear.silent = { kind: 'silent', reason: 'Unauthorized', message: 'endpoint main answered 401' }
    await stage.clock.advance(2000)
    expect(stage.pace.outcome).toBe('Inconclusive')
    expect(stage.sight.verdict).toMatchObject({
      reason: 'Unauthorized',
      because: 'no data (Unauthorized): endpoint main answered 401',
    })
  })

  test('the objective is that of the policy, and the baseline that of the epoch', async () => {
    const { stage, epoch } = await rolling(targetOf({ pacing: pacingOf({ objective: { errorRate: 0.2 } }) }))
    stage.ear.happen('newVersion', 200, 20)
    await stage.clock.advance(2000)
    expect(stage.pace.outcome).not.toBe('Breached')
    expect(stage.sight.verdict?.limit).toMatchObject({ rate: 0.2, by: 'objective' })
    stage.sights.follow(targetOf(), { ...epoch, baseline: { requests: 10_000, errors: 1500 } })
    await stage.clock.advance(10_000)
    expect(stage.sight.verdict?.limit).toMatchObject({ by: 'baseline', baseline: { requests: 10_000, errors: 1500 } })
    expect(stage.pace.outcome).not.toBe('Breached')
  })

  test('a verdict of the rollout before is not told of the next one', async () => {
    const { stage } = await rolling()
    stage.ear.happen('newVersion', 200, 20)
    await stage.clock.advance(2000)
    expect(stage.sight.verdict?.kind).toBe('Breached')
    stage.sights.follow(targetOf(), undefined)
    expect(stage.sight).not.toHaveProperty('verdict')
    await stage.clock.advance(10_000)
    expect(stage.pace.outcome).toBe('Inconclusive')
    stage.sights.follow(targetOf(), { blameFromMs: stage.now() })
    expect(stage.sight).not.toHaveProperty('verdict')
  })

  test('is a metric for as long as the rollout lasts and is followed', async () => {
    const { stage, epoch } = await rolling()
    const breached = 'drainkeeper_rollout_verdict{namespace="shop",policy="web",target="checkout",verdict="Breached"}'
    const told = async () =>
      (await stage.metrics.registry.metrics()).split('\n').find((line) => line.startsWith(breached))
    expect(await told()).toBe(`${breached} 0`)
    stage.ear.happen('newVersion', 200, 20)
    await stage.clock.advance(2000)
    expect(await told()).toBe(`${breached} 1`)
    stage.sights.follow(targetOf(), undefined)
    expect(await told()).toBeUndefined()
    stage.sights.follow(targetOf(), epoch)
    await stage.clock.advance(2000)
    expect(await told()).toBe(`${breached} 1`)
    stage.sights.stop(key)
    expect(await told()).toBeUndefined()
  })

  test('clocks that are set move nothing', async () => {
    const { stage, epoch } = await rolling()
    stage.ear.happen('newVersion', 100, 10)
    stage.clock.jumpWall(-3_600_000)
    await stage.clock.advance(2000)
    expect(stage.pace).toEqual({ outcome: 'Breached', blame: 'newVersion', sinceMs: epoch.blameFromMs })
    expect(new Set(stage.ear.asked.flat())).toEqual(new Set([0]))
  })
})

describe('changed', () => {
  test('is quiet when nothing has changed', async () => {
    const { stage } = await rolling()
    const { changes } = stage
    await stage.clock.advance(120_000)
    expect(stage.changes).toBe(changes)
  })

  test('is quiet of what the caller has said itself', async () => {
    const { stage, epoch } = await rolling()
    const { changes } = stage
    stage.sights.follow(targetOf({ revisionId: revisionOf('v3') }), epoch)
    await stage.clock.advance(4000)
    expect(stage.changes).toBe(changes)
  })

  test('is never called from within follow', () => {
    const stage = new SightStage()
    stage.sights.follow(targetOf(), { blameFromMs: stage.now() })
    stage.sights.follow(targetOf({ revisionId: 'x' }), undefined)
    expect(stage.changes).toBe(0)
  })

  test('says once that the outcome, the hash or the budgets are others', async () => {
    const { stage, epoch } = await rolling()
    const told = async (): Promise<number> => {
      const before = stage.changes
      await stage.clock.advance(2000)
      return stage.changes - before
    }
    expect(await told()).toBe(0)
    stage.ear.happen('newVersion', 10_000)
    expect([await told(), await told()]).toEqual([1, 0])
    stage.server.items['poddisruptionbudgets'] = [disruptionBudget(2, {})]
    expect([await told(), await told()]).toEqual([1, 0])
    stage.ear.happen('newVersion', 10_000, 5000)
    expect([await told(), await told()]).toEqual([1, 0])
    stage.server.items['replicasets'] = [replicaSet('newer', 'v3')]
    stage.sights.follow(targetOf({ revisionId: revisionOf('v3') }), epoch)
    expect([await told(), await told()]).toEqual([1, 0])
  })

  test('new figures of the same verdict are told at most every 10 s', async () => {
    const { stage } = await rolling()
    const { changes } = stage
    for (let tick = 0; tick < 30; tick++) {
      stage.ear.happen('newVersion', 1)
      await stage.clock.advance(2000)
    }
    expect(stage.changes - changes).toBe(6)
    expect(stage.sight.verdict?.counts.requests).toBeGreaterThan(20)
  })
})
