import { afterEach, describe, expect, test } from 'vitest'
import { deployments } from '../../../src/kube/index.ts'
import { drainPolicies } from '../../../src/operator/resources.ts'
import { shop } from '../../cluster/controllers/rig.ts'
import { defaultFields, PacedRig } from './paced-rig.ts'

let rig: PacedRig

afterEach(async () => {
  await rig.end()
  expect(rig.cluster.errors).toEqual([])
  expect(rig.logged.filter(({ level }) => level >= 40).map(({ msg, err }) => `${msg} ${err?.message}`)).toEqual([])
})

/** Eight pods on v1, paced, at rest. */
async function settled(pacing: object = {}): Promise<void> {
  rig = await PacedRig.atRest(pacing)
  expect(rig.isOn('v1')).toBe(true)
  expect(rig.fields).toEqual(defaultFields)
}

describe('a healthy rollout', () => {
  test('goes in growing steps, to its end, and leaves nothing behind', async () => {
    await settled()
    await rig.release('v2')
    await rig.seconds(2)
    expect(rig.condition()).toMatch(/^Unknown Holding/)
    expect(rig.fields.minReadySeconds).toBeGreaterThan(60)
    const seconds = await rig.until(() => rig.isOn('v2'), 600)
    expect(seconds).toBeDefined()
    await rig.seconds(10)
    expect(rig.fields).toEqual(defaultFields)
    expect(rig.managers).not.toContain('drainkeeper-pace')
    expect(rig.condition()).toMatch(/^True AtRest/)
    expect(rig.told.filter((reason) => reason.startsWith('Rollout'))).toContain('RolloutEnded')
  })
})

describe('a bad rollout', () => {
  test('is paused, told, and goes on when somebody resumes', async () => {
    await settled()
    rig.sights!.script = { outcome: 'Breached', afterMs: 3000 }
    await rig.release('v2')
    expect(await rig.until(() => rig.fields.paused, 60)).toBeDefined()
    expect(rig.condition()).toMatch(/^False Paused: web: .*50 of 1000 failed/)
    expect(rig.condition()).toMatch(/: kubectl rollout resume deployment\/web --namespace shop; /)
    const { v2 = 0 } = rig.versions
    expect(v2).toBeLessThanOrEqual(4)
    await rig.seconds(900)
    expect(rig.fields.paused).toBe(true)
    // Events are listed by name, which is a hash.
    const told = rig.told.filter((reason) => reason.startsWith('Rollout'))
    expect(told.toSorted()).toEqual(['RolloutEnded', 'RolloutPaused'])
    expect(rig.versions['v2']).toBe(v2)
    await rig.resume()
    expect(await rig.until(() => rig.isOn('v2'), 60)).toBeDefined()
    await rig.seconds(10)
    expect(rig.fields).toEqual(defaultFields)
  })

  test('is rolled back where its owner allows it', async () => {
    await settled({ onBreach: 'Rollback' })
    await rig.cluster.api.mergePatch(
      deployments,
      { namespace: shop, name: 'web' },
      { metadata: { annotations: { 'drainkeeper.dev/rollback': 'allowed' } } },
    )
    rig.sights!.script = { outcome: 'Breached', afterMs: 3000 }
    await rig.release('v2')
    await rig.seconds(2)
    expect(await rig.until(() => rig.isOn('v1'), 120)).toBeDefined()
    await rig.seconds(10)
    expect(rig.fields).toEqual(defaultFields)
    expect(rig.told).toContain('RolloutRolledBack')
    expect(rig.condition()).toMatch(/^True AtRest/)
  })

  test('is not rolled back without the owner, and says what to write', async () => {
    await settled({ onBreach: 'Rollback' })
    rig.sights!.script = { outcome: 'Breached', afterMs: 3000 }
    await rig.release('v2')
    expect(await rig.until(() => rig.fields.paused, 60)).toBeDefined()
    expect(rig.condition()).toMatch(/drainkeeper\.dev\/rollback: allowed/)
  })

  test('is only told with Report', async () => {
    await settled({ onBreach: 'Report' })
    rig.sights!.script = { outcome: 'Breached', afterMs: 3000 }
    await rig.release('v2')
    expect(await rig.until(() => rig.isOn('v2'), 600)).toBeDefined()
    expect(rig.told).toContain('RolloutBreached')
  })

  test('goes back to what was healthy when its owner undoes it while it is paused', async () => {
    await settled()
    rig.sights!.script = { outcome: 'Breached', afterMs: 3000 }
    await rig.release('v2')
    await rig.until(() => rig.fields.paused, 60)
    await rig.release('v1')
    expect(await rig.until(() => rig.isOn('v1'), 60)).toBeDefined()
    await rig.seconds(10)
    expect(rig.fields).toEqual(defaultFields)
  })
})

describe('nothing is left held or paused', () => {
  const bad = async (): Promise<void> => {
    await settled()
    rig.sights!.script = { outcome: 'Breached', afterMs: 3000 }
    await rig.release('v2')
    await rig.until(() => rig.fields.paused, 60)
  }

  test('when the policy is deleted', async () => {
    await bad()
    await rig.cluster.api.delete(drainPolicies, { namespace: shop, name: 'web' })
    await rig.seconds(5)
    expect(rig.fields).toEqual(defaultFields)
    expect(rig.managers).not.toContain('drainkeeper-pace')
  })

  test('when the policy stops to pace', async () => {
    await bad()
    await rig.policy(undefined)
    await rig.seconds(5)
    expect(rig.fields).toEqual(defaultFields)
    expect(rig.condition()).toBeUndefined()
  })

  test('when the policy only observes', async () => {
    await bad()
    await rig.policy({}, { mode: 'Observe' })
    await rig.seconds(5)
    expect(rig.fields).toEqual(defaultFields)
  })

  test('when the policy is deleted while no operator runs, by the next one', async () => {
    await bad()
    await rig.halt()
    await rig.cluster.api.delete(drainPolicies, { namespace: shop, name: 'web' })
    await rig.seconds(600)
    expect(rig.fields.paused).toBe(true)
    await rig.operate()
    await rig.seconds(5)
    expect(rig.fields).toEqual(defaultFields)
  })

  test('when the operator is away for longer than the pause is valid: it is held, and judged anew', async () => {
    await bad()
    await rig.halt()
    await rig.seconds(600)
    await rig.operate({ outcome: 'Healthy' })
    expect(await rig.until(() => rig.isOn('v2'), 900)).toBeDefined()
    await rig.seconds(10)
    expect(rig.fields).toEqual(defaultFields)
  })
})

test('without any verdict each step goes on after maxHold, and is never stuck', async () => {
  await settled({ maxHold: '20s' })
  rig.sights!.script = { outcome: 'Inconclusive' }
  await rig.release('v2')
  const seconds = await rig.until(() => rig.isOn('v2'), 600)
  expect(seconds).toBeGreaterThanOrEqual(20)
})

test('a step that is healthy at once is watched for minHold, and looked at again right then', async () => {
  const seconds = async (pacing: object): Promise<number> => {
    await settled(pacing)
    await rig.release('v2')
    const rested = await rig.until(() => rig.isOn('v2'), 600)
    expect(rested).toBeDefined()
    return rested ?? 0
  }
  const quick = await seconds({})
  await rig.end()
  // Four steps of 8 pods: 1, 2, 3 and the rest.
  const watched = await seconds({ minHold: '20s' })
  expect(watched - quick).toBeGreaterThanOrEqual(2 * 15)
  expect(watched - quick).toBeLessThanOrEqual(4 * 22)
})

test('a rollout whose operator dies goes on by itself, slowly', async () => {
  await settled()
  await rig.release('v2')
  await rig.until(() => rig.fields.minReadySeconds > 0, 10)
  await rig.halt()
  expect(await rig.until(() => rig.isOn('v2'), 3600)).toBeDefined()
})

test("somebody else's paused is neither ended nor taken over", async () => {
  await settled()
  await rig.cluster.api.mergePatch(
    deployments,
    { namespace: shop, name: 'web' },
    { spec: { paused: true } },
    { fieldManager: 'kubectl-rollout' },
  )
  await rig.release('v2')
  await rig.seconds(400)
  expect(rig.fields.paused).toBe(true)
  expect(rig.isOn('v1')).toBe(true)
})
