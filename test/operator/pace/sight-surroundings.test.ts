import { describe, expect, test } from 'vitest'
import { KubeError } from '../../../src/kube/index.ts'
import {
  disruptionBudget,
  key,
  pacingOf,
  replicaSet,
  revisionOf,
  rolling,
  SightStage,
  targetOf,
  TruthfulEar,
} from './sight-stage.ts'

describe('at rest', () => {
  test('the baseline is of the last ten minutes, of all origins together', async () => {
    const stage = new SightStage()
    stage.ear.happen('background', 1_000_000)
    await stage.clock.advance(1)
    stage.sights.follow(targetOf(), undefined)
    stage.ear.happen('background', 100, 1)
    stage.ear.happen('draining', 10, 2)
    await stage.clock.advance(10_000)
    expect(stage.sight.baseline).toEqual({ requests: 110, errors: 3 })
    await stage.clock.advance(300_000)
    stage.ear.happen('background', 50)
    await stage.clock.advance(300_000)
    expect(stage.sight.baseline).toEqual({ requests: 50, errors: 0 })
  })

  test('the baseline is kept through a rollout, begins anew after it, and ends with ten silent minutes', async () => {
    const stage = new SightStage()
    stage.sights.follow(targetOf(), undefined)
    stage.ear.happen('background', 500, 5)
    await stage.clock.advance(10_000)
    stage.sights.follow(targetOf(), { blameFromMs: stage.now() })
    stage.ear.happen('newVersion', 500, 500)
    await stage.clock.advance(20_000)
    expect(stage.sight.baseline).toEqual({ requests: 500, errors: 5 })
    stage.sights.follow(targetOf(), undefined)
    await stage.clock.advance(10_000)
    expect(stage.sight.baseline).toEqual({ requests: 0, errors: 0 })
    stage.ear.silent = { kind: 'silent', reason: 'Timeout', message: 'slow' }
    await stage.clock.advance(590_000)
    expect(stage.sight.baseline).toBeDefined()
    await stage.clock.advance(20_000)
    expect(stage.sight.baseline).toBeUndefined()
  })

  test('a template that is healthy in its first ten minutes is found so, and no other', async () => {
    const stage = new SightStage()
    const sinceMs = stage.now()
    stage.sights.follow(targetOf(), undefined)
    await stage.clock.advance(10_000)
    expect(stage.pace).toEqual({ outcome: 'Inconclusive', sinceMs })
    stage.ear.happen('background', 10_000)
    await stage.clock.advance(10_000)
    expect(stage.pace).toEqual({ outcome: 'Healthy', sinceMs })
    await stage.clock.advance(1_200_000)
    expect(stage.pace.outcome).toBe('Healthy')
    stage.sights.follow(targetOf({ revisionId: revisionOf('v3') }), undefined)
    expect(stage.pace).toEqual({ outcome: 'Inconclusive', sinceMs: stage.now() })
    await stage.clock.advance(610_000)
    stage.ear.happen('background', 10_000)
    await stage.clock.advance(20_000)
    expect(stage.pace.outcome).toBe('Inconclusive')
  })

  test('nothing but Healthy is concluded, and people are told nothing', async () => {
    const stage = new SightStage()
    stage.sights.follow(targetOf(), undefined)
    stage.ear.happen('background', 1000, 1000)
    await stage.clock.advance(20_000)
    expect(stage.pace.outcome).toBe('Inconclusive')
    expect(stage.sight.verdict).toBeUndefined()
  })
})

describe('what is asked of the API server', () => {
  test('the hash, until the ReplicaSet of the template is there', async () => {
    const stage = new SightStage()
    stage.server.items['replicasets'] = [replicaSet('old', 'v1')]
    stage.sights.follow(targetOf(), { blameFromMs: stage.now() })
    await stage.clock.advance(4000)
    expect(stage.sight.podTemplateHash).toBeUndefined()
    expect(stage.server.count('replicasets')).toBe(3)
    stage.server.items['replicasets'] = [replicaSet('old', 'v1'), replicaSet('new', 'v2')]
    await stage.clock.advance(10_000)
    expect(stage.sight.podTemplateHash).toBe('new')
    expect(stage.server.count('replicasets')).toBe(4)
  })

  test('the hash of one template is never told of another', async () => {
    const { stage, epoch } = await rolling()
    expect(stage.sights.look(key, revisionOf('v2'))?.podTemplateHash).toBe('new')
    expect(stage.sights.look(key, revisionOf('v3'))).not.toHaveProperty('podTemplateHash')
    stage.sights.follow(targetOf({ revisionId: revisionOf('v3') }), epoch)
    expect(stage.sights.look(key, revisionOf('v3'))).not.toHaveProperty('podTemplateHash')
  })

  test('an answer about the template before is not taken for one about this one', async () => {
    const stage = new SightStage()
    const epoch = { blameFromMs: stage.now() }
    let answer = (): void => {}
    stage.server.held = new Promise((resolve) => (answer = resolve))
    stage.server.items['replicasets'] = [replicaSet('new', 'v2')]
    stage.sights.follow(targetOf(), epoch)
    await stage.clock.advance(0)
    stage.sights.follow(targetOf({ revisionId: revisionOf('v3') }), epoch)
    answer()
    await stage.clock.advance(4000)
    expect(stage.sights.look(key, revisionOf('v3'))).not.toHaveProperty('podTemplateHash')
  })

  test('what must not be read is told, with where to look', async () => {
    const stage = new SightStage()
    stage.server.items['replicasets'] = new KubeError('Forbidden', 'no')
    stage.sights.follow(targetOf(), { blameFromMs: stage.now() })
    await stage.clock.advance(4000)
    expect(stage.sight.verdict?.because).toMatch(/; ReplicaSets cannot be read: .*config\/rbac\.yaml\?$/)
    stage.server.items['replicasets'] = [replicaSet('new', 'v2')]
    await stage.clock.advance(20_000)
    expect(stage.sight.verdict?.because).not.toMatch(/ReplicaSets/)
  })

  test('the least of the budgets that select the pods, in a rollout only', async () => {
    const stage = new SightStage()
    stage.server.items['poddisruptionbudgets'] = [
      disruptionBudget(5, {}),
      disruptionBudget(3, { matchLabels: { app: 'checkout' } }),
      disruptionBudget(0, { matchLabels: { app: 'cart' } }),
    ]
    stage.sights.follow(targetOf(), undefined)
    await stage.clock.advance(20_000)
    expect(stage.server.count('poddisruptionbudgets')).toBe(0)
    stage.sights.follow(targetOf(), { blameFromMs: stage.now() })
    await stage.clock.advance(4000)
    expect(stage.server.count('poddisruptionbudgets')).toBe(3)
    expect(stage.sight.disruptionsAllowed).toBe(3)
    stage.server.items['poddisruptionbudgets'] = []
    await stage.clock.advance(2000)
    expect(stage.sight).not.toHaveProperty('disruptionsAllowed')
  })

  test('a refusal keeps what was known, and is told once', async () => {
    const { stage } = await rolling()
    stage.server.items['poddisruptionbudgets'] = [disruptionBudget(2, {})]
    await stage.clock.advance(2000)
    stage.server.items['poddisruptionbudgets'] = new KubeError('Forbidden', 'no')
    await stage.clock.advance(20_000)
    expect(stage.sight.disruptionsAllowed).toBe(2)
    expect(stage.logged).toHaveLength(1)
    expect(stage.logged[0]?.msg).toMatch(/^PodDisruptionBudgets cannot be read/)
    stage.server.items['poddisruptionbudgets'] = []
    await stage.clock.advance(2000)
    stage.server.items['poddisruptionbudgets'] = new KubeError('Unavailable', 'no')
    await stage.clock.advance(4000)
    expect(stage.logged).toHaveLength(2)
  })
})

describe('the pods to listen to', () => {
  const pod = (uid: string, hash: string, more: object = {}) => ({
    uid,
    hash,
    restarts: 0,
    podIP: `10.0.0.${uid}`,
    ...more,
  })
  const roles = (stage: SightStage) => Object.fromEntries(stage.watched().map(({ uid, role }) => [uid, role]))

  test('are told apart by the hash, and by their deletion', async () => {
    const { stage } = await rolling()
    stage.pods = [
      pod('1', 'old'),
      pod('2', 'new'),
      pod('3', 'new', { deletionTimestamp: '2026-01-01T00:00:30Z' }),
      { uid: '4', hash: 'new', restarts: 0 },
    ]
    expect(roles(stage)).toEqual({ 1: 'background', 2: 'newVersion', 3: 'draining' })
    expect(stage.watched()[0]).toEqual({ uid: '1', restarts: 0, address: '10.0.0.1', port: 9909, role: 'background' })
  })

  test('are background before the hash is known, and at rest', async () => {
    const stage = new SightStage()
    stage.pods = [pod('1', 'new'), pod('2', 'new', { deletionTimestamp: '2026-01-01T00:00:30Z' })]
    stage.sights.follow(targetOf(), { blameFromMs: stage.now() })
    await stage.clock.advance(0)
    expect(roles(stage)).toEqual({ 1: 'background', 2: 'draining' })
    stage.sights.follow(targetOf(), undefined)
    stage.server.items['replicasets'] = [replicaSet('new', 'v2')]
    await stage.clock.advance(10_000)
    expect(roles(stage)).toEqual({ 1: 'background', 2: 'background' })
  })

  test('are none where no container says where drain-server listens', async () => {
    const { drainPort: _, ...target } = targetOf()
    const { stage } = await rolling(target)
    stage.pods = [pod('1', 'old')]
    expect(stage.watched()).toEqual([])
  })

  test('what one source counted is not subtracted from what another one counts', async () => {
    const pacing = pacingOf({ source: 'Prometheus', prometheus: { endpoint: 'main', preset: 'linkerd' } })
    const stage: SightStage = new SightStage({
      listen: (target) => (target.pacing.source === 'Pods' ? stage.ear : other),
    })
    const other = new TruthfulEar(stage.clock, ['service'])
    const epoch = { blameFromMs: stage.now(), settledMs: stage.now() + 1000 }
    other.happen('service', 1_000_000)
    await stage.clock.advance(1000)
    stage.sights.follow(targetOf(), epoch)
    await stage.clock.advance(2000)
    other.happen('service', 100, 12)
    stage.sights.follow(targetOf({ pacing }), epoch)
    await stage.clock.advance(2000)
    // Of all requests twelve are nothing. Since the step, as this source knows it, they are a breach.
    expect(stage.pace).toMatchObject({ outcome: 'Breached', blame: 'service' })
  })

  test('leave no baseline to another source', async () => {
    const pacing = pacingOf({ source: 'Prometheus', prometheus: { endpoint: 'main', preset: 'linkerd' } })
    const stage = new SightStage()
    stage.sights.follow(targetOf(), undefined)
    stage.ear.happen('background', 500)
    await stage.clock.advance(10_000)
    expect(stage.sight.baseline).toBeDefined()
    stage.sights.follow(targetOf({ pacing }), undefined)
    expect(stage.sight).not.toHaveProperty('baseline')
  })

  test('go to one ear for as long as the source is the same', async () => {
    const { stage, epoch } = await rolling()
    stage.sights.follow(targetOf({ revisionId: revisionOf('v3'), drainPort: 1 }), epoch)
    stage.sights.follow(targetOf({ pacing: pacingOf({ objective: { errorRate: 0.1 } }), service: 'x' }), epoch)
    stage.sights.follow(targetOf(), undefined)
    expect(stage.listening).toBe(1)
    const { drainPort: _, ...unheard } = targetOf()
    stage.sights.follow(unheard, undefined)
    stage.sights.follow(targetOf(), undefined)
    expect(stage.listening).toBe(3)
    const pacing = pacingOf({ source: 'Prometheus', prometheus: { endpoint: 'main', preset: 'linkerd' } })
    stage.sights.follow(targetOf({ pacing }), undefined)
    expect(stage.listening).toBe(4)
    stage.sights.follow(targetOf({ pacing, service: 'other' }), undefined)
    expect(stage.listening).toBe(5)
  })
})
