import { describe, expect, test } from 'vitest'
import { namespace, paths } from './cluster.ts'
import { refused } from './memory-api.ts'
import { podSpecOf, withoutUs } from './memory-apply.ts'
import { type ProcessOptions, Rig } from './rig.ts'

/** One drain is enough to measure P. */
const quick = { quantile: 0.5, confidence: 0.5, window: 10, initial: '5s' } as const

/** A rig whose policy is delivered and rolled out, with one operator. */
async function delivered(options: ProcessOptions = {}) {
  const rig = new Rig()
  rig.cluster.createDeployment()
  rig.cluster.createService()
  rig.cluster.createPolicy({ propagation: quick })
  const operator = rig.start(options)
  await rig.settle()
  return { rig, operator }
}

describe('the life of a policy', () => {
  test('a policy is delivered by one apply and told by one status', async () => {
    const rig = new Rig()
    rig.cluster.createDeployment()
    rig.cluster.createService()
    rig.cluster.createPolicy()
    rig.start()
    await rig.settle()
    expect(rig.writesSince()).toEqual(['deployments shop/checkout', 'drainpolicies/status shop/checkout'])
    expect(rig.cluster.contract()).toEqual({ grace: 95, delay: 15 })
    expect(rig.cluster.condition('Ready')).toBe('True Reconciled')
    expect(rig.cluster.condition('PropagationMeasured')).toBe('False Measuring')
  })

  test('a policy that came before its Deployment waits for it', async () => {
    const rig = new Rig()
    rig.cluster.createPolicy()
    rig.start()
    await rig.settle()
    expect(rig.cluster.condition('Ready')).toBe('False TargetNotFound')
    rig.cluster.createDeployment()
    await rig.settle()
    expect(rig.cluster.condition('Ready')).toBe('True Reconciled')
    expect(rig.cluster.contract()).toEqual({ grace: 95, delay: 15 })
  })

  test('a rollout is measured, and its drains are told', async () => {
    const { rig } = await delivered()
    await rig.cluster.rollOut()
    await rig.settle()
    const target = rig.cluster.status().targets?.[0]
    expect(target?.drains).toMatchObject({ clean: 2, unknown: 0 })
    expect(target?.pods).toEqual({ total: 2, onContract: 2, terminating: 0 })
    expect(target?.propagation).toMatchObject({ samples: 2, uninformative: 0 })
    expect(target?.services?.[0]).toMatchObject({ name: 'checkout', apiToSliceP50: '0.05s' })
    expect(rig.cluster.condition('PropagationMeasured')).toBe('True Measured')
  })

  test('in Observe nothing but status is written, whatever is measured', async () => {
    const rig = new Rig()
    rig.cluster.createDeployment()
    rig.cluster.createPolicy({ mode: 'Observe', propagation: quick })
    rig.start()
    await rig.settle()
    await rig.cluster.endPod('checkout-1-1')
    rig.cluster.createPod('checkout')
    await rig.settle()
    expect(rig.writesSince().filter((write) => write.startsWith('deployments'))).toEqual([])
    expect(rig.cluster.condition('Ready')).toBe('True Observing')
    expect(rig.cluster.status().targets?.[0]?.propagation?.samples).toBe(1)
  })

  test('a deleted policy is given back once, and the template is as it was', async () => {
    const { rig } = await delivered()
    const before = rig.api.writes.length
    rig.api.remove(paths.policies, `${namespace}/checkout`)
    await rig.settle(60_000)
    expect(rig.writesSince(before)).toEqual(['deployments shop/checkout'])
    expect(rig.cluster.contract()).toEqual({ grace: 30, delay: undefined })
  })

  test('a policy that was deleted while no operator ran is given back by the next one', async () => {
    const { rig, operator } = await delivered()
    await operator.stop()
    rig.api.remove(paths.policies, `${namespace}/checkout`)
    const before = rig.api.writes.length
    rig.start()
    await rig.settle(60_000)
    expect(rig.writesSince(before)).toEqual(['deployments shop/checkout'])
    expect(rig.cluster.contract()).toEqual({ grace: 30, delay: undefined })
  })

  test('a policy that turns to another Deployment gives the first one back', async () => {
    const { rig } = await delivered()
    rig.cluster.createDeployment('cart')
    rig.cluster.createPolicy({ targetRef: { name: 'cart' }, propagation: quick })
    await rig.settle()
    expect(rig.cluster.contract('checkout')).toEqual({ grace: 30, delay: undefined })
    expect(rig.cluster.contract('cart')).toMatchObject({ delay: 5 })
  })

  test('of two policies the older has the Deployment, and the other gets it when that one goes', async () => {
    const { rig } = await delivered()
    await rig.settle()
    rig.cluster.createPolicy({ propagation: { ...quick, initial: '9s' } }, 'another')
    await rig.settle()
    expect(rig.cluster.condition('Ready', 'another')).toBe('False TargetConflict')
    expect(rig.cluster.condition('Stalled', 'another')).toBe('True TargetConflict')
    expect(rig.cluster.contract()).toMatchObject({ delay: 5 })
    const before = rig.api.writes.length
    rig.api.remove(paths.policies, `${namespace}/checkout`)
    await rig.settle()
    expect(rig.cluster.contract()).toMatchObject({ delay: 9 })
    expect(rig.cluster.condition('Ready', 'another')).toBe('True Reconciled')
    expect(rig.writesSince(before).filter((write) => write.startsWith('deployments'))).toHaveLength(1)
  })
})

describe('rest', () => {
  test('when everything is quiet nothing is written, through resyncs, relists and a new operator', async () => {
    const { rig, operator } = await delivered()
    await rig.cluster.rollOut()
    await rig.settle(60_000)
    const before = rig.api.writes.length
    await rig.settle(600_000)
    rig.api.disconnect()
    await rig.settle(60_000)
    rig.api.compact()
    await rig.settle(60_000)
    await operator.stop()
    rig.start()
    await rig.settle(600_000)
    expect(rig.api.writes.slice(before).map(({ object }) => object)).toEqual([])
    expect(rig.api.opened.length).toBeGreaterThan(20)
  })

  test('watches that are seconds late cause no second write', async () => {
    const { rig } = await delivered({ watchLagMs: () => 3000 })
    await rig.settle(60_000)
    expect(rig.writesSince()).toEqual(['deployments shop/checkout', 'drainpolicies/status shop/checkout'])
  })

  test('watches that are late by changing times lead to the same, with no write taken back', async () => {
    const lags = [1000, 4800, 200, 2600, 3700]
    let event = 0
    const rig = new Rig()
    rig.cluster.createDeployment()
    rig.cluster.createPolicy()
    rig.start({ watchLagMs: () => lags[(event += 1) % lags.length] ?? 0 })
    await rig.settle(20_000)
    await rig.cluster.rollOut()
    await rig.settle(60_000)
    expect(rig.writesSince().filter((write) => write.startsWith('deployments'))).toHaveLength(1)
    expect(rig.cluster.status().targets?.[0]?.drains?.clean).toBe(2)
    expect(rig.cluster.condition('Ready')).toBe('True Reconciled')
  })
})

describe('faults', () => {
  const failures = {
    'a conflict': () => refused(409, 'Conflict'),
    'too many requests': () => refused(429, 'TooManyRequests'),
    'an internal error': () => refused(500, 'InternalError'),
    'a timeout after the write': undefined,
  } as const

  for (const [name, fail] of Object.entries(failures)) {
    for (const plural of ['drainpolicies', 'deployments']) {
      test(`${name} of a write to ${plural} is overcome by itself`, async () => {
        const rig = new Rig()
        rig.cluster.createDeployment()
        rig.cluster.createPolicy()
        let failed = 0
        rig.start({
          interfere: (request, commit) => {
            if (!request.path.includes(`/${plural}/`) || failed >= 3) return commit()
            failed += 1
            if (fail !== undefined) return fail()
            commit()
            return refused(504, 'Timeout')
          },
        })
        await rig.settle(60_000)
        expect(failed).toBeGreaterThan(0)
        expect(rig.cluster.condition('Ready')).toBe('True Reconciled')
        expect(rig.cluster.contract()).toEqual({ grace: 95, delay: 15 })
        expect(rig.writesSince().filter((write) => write.startsWith('deployments'))).toHaveLength(1)
      })
    }
  }

  test('a refusal that nobody predicted is told in status, and tried again ever more slowly', async () => {
    const rig = new Rig()
    rig.cluster.createDeployment()
    rig.cluster.createPolicy()
    let refusals = 0
    rig.start({
      interfere: (request, commit) => {
        if (!request.path.includes('/deployments/')) return commit()
        refusals += 1
        return refused(422, 'Invalid', 'a webhook says no')
      },
    })
    await rig.settle(60_000)
    expect(rig.cluster.condition('Ready')).toBe('False Refused')
    expect(rig.cluster.status().conditions?.[0]?.message).toContain('a webhook says no')
    expect(rig.writesSince()).toEqual(['drainpolicies/status shop/checkout'])
    expect(refusals).toBeLessThan(20)
  })

  test('an owner that nobody predicted is told in status', async () => {
    const rig = new Rig()
    rig.cluster.createDeployment()
    rig.cluster.createPolicy()
    const message = 'conflict with "somebody": .spec.template.spec.terminationGracePeriodSeconds'
    const details = { causes: [{ reason: 'FieldManagerConflict' }] }
    const status = JSON.stringify({ kind: 'Status', code: 409, reason: 'Conflict', message, details })
    rig.start({
      interfere: (request, commit) =>
        request.path.includes('/deployments/') ? { ...refused(409, 'Conflict'), text: async () => status } : commit(),
    })
    await rig.settle(60_000)
    expect(rig.cluster.condition('Ready')).toBe('False Refused')
    expect(rig.cluster.status().conditions?.[0]?.message).toContain('conflict with "somebody"')
  })

  test('a Deployment that was re-created is never written by what is known of the old one', async () => {
    const { rig } = await delivered({ watchLagMs: () => 3000 })
    await rig.settle()
    rig.cluster.createPolicy({ propagation: { ...quick, initial: '9s' } })
    await rig.settle(2999)
    const before = rig.api.writes.length
    rig.api.remove(paths.deployments, `${namespace}/checkout`)
    rig.cluster.createDeployment()
    const uid = rig.cluster.deployment().metadata.uid
    await rig.settle(60_000)
    const changes = rig.api.writes.slice(before).filter(({ collection }) => collection === paths.deployments)
    expect(changes.map(({ object }) => object.metadata.uid)).toEqual([uid])
    expect(rig.cluster.contract()).toMatchObject({ delay: 9 })
  })

  test('a Deployment that was deleted is not created again', async () => {
    const { rig } = await delivered({ watchLagMs: () => 3000 })
    rig.cluster.createPolicy({ propagation: { ...quick, initial: '9s' } })
    await rig.settle(2999)
    rig.api.remove(paths.deployments, `${namespace}/checkout`)
    await rig.settle(60_000)
    expect(rig.api.get(paths.deployments, `${namespace}/checkout`)).toBeUndefined()
    expect(rig.cluster.condition('Ready')).toBe('False TargetNotFound')
  })

  for (const [field, putBack] of [
    ['hook and grace period', withoutUs],
    [
      'hook alone',
      (raw: ReturnType<typeof withoutUs>) => {
        const next = withoutUs(raw)
        podSpecOf(next).terminationGracePeriodSeconds = 600
        return next
      },
    ],
  ] as const) {
    test(`somebody who puts the old ${field} back each time is given way to, and told`, async () => {
      const { rig } = await delivered()
      for (let round = 0; round < 8; round += 1) {
        rig.api.put(paths.deployments, putBack(rig.cluster.deployment()))
        await rig.settle(60_000)
      }
      expect(rig.writesSince().filter((write) => write.startsWith('deployments')).length).toBeLessThanOrEqual(4)
      expect(rig.cluster.condition('Stalled')).toMatch(/^True/)
    })
  }
})

describe('leaders', () => {
  test('of two operators only the leader writes, and the other takes over', async () => {
    const rig = new Rig()
    rig.cluster.createDeployment()
    rig.cluster.createPolicy({ propagation: quick })
    const first = rig.start({ leaderElection: true })
    await rig.settle(1000)
    rig.start({ leaderElection: true })
    await rig.settle(30_000)
    await rig.cluster.rollOut()
    await rig.settle()
    const writers = (): Set<string> =>
      new Set(rig.api.writes.filter(({ collection }) => collection === paths.policies).map(({ client }) => client))
    expect(writers()).toEqual(new Set(['operator-1']))
    first.kill()
    await rig.settle(30_000)
    const before = rig.api.writes.length
    rig.cluster.createPolicy({ propagation: { ...quick, initial: '9s', quantile: 0.6 } })
    await rig.settle(10_000)
    expect(rig.writesSince(before)).not.toEqual([])
    expect(writers()).toEqual(new Set(['operator-1', 'operator-2']))
  })

  test('a leader that stops gives the lease back, and the next one leads at once', async () => {
    const rig = new Rig()
    rig.cluster.createDeployment()
    const first = rig.start({ leaderElection: true })
    await rig.settle(1000)
    rig.start({ leaderElection: true })
    await rig.settle(20_000)
    await first.stop()
    expect(await first.running).toBe('Released')
    rig.cluster.createPolicy()
    await rig.settle(6000)
    expect(rig.cluster.condition('Ready')).toBe('True Reconciled')
  })

  test('a process that is told to stop ends, even if the server never answers', async () => {
    const rig = new Rig()
    const operator = rig.start()
    operator.kill()
    await operator.stop()
    expect(await operator.running).toBe('Released')
  })

  test('a process that was told to stop before it began asks nothing', async () => {
    const rig = new Rig()
    const operator = rig.start({ signal: AbortSignal.abort() })
    await rig.settle()
    expect(await operator.running).toBe('Released')
    expect(rig.api.opened).toEqual([])
  })
})

describe('a new leader whose view of policies is minutes old', () => {
  /** The second process has heard nothing of policies since it began. */
  async function takenOver(story: (rig: Rig) => Promise<void>, prepare?: (rig: Rig) => void) {
    const rig = new Rig()
    rig.cluster.createDeployment()
    rig.cluster.createService()
    prepare?.(rig)
    const first = rig.start({ leaderElection: true })
    await rig.settle()
    rig.start({
      leaderElection: true,
      watchLagMs: (collection) => (collection === paths.policies && rig.clock.monotonicMs() > 6000 ? 200_000 : 0),
    })
    await rig.settle()
    await story(rig)
    first.kill()
    const before = rig.api.writes.length
    await rig.settle(60_000)
    expect(rig.api.writes.at(-1)?.client).toBe('operator-2')
    return { rig, changes: rig.writesSince(before).filter((write) => write.startsWith('deployments')) }
  }

  test('does not give back what a policy is for', async () => {
    const { changes } = await takenOver(async (rig) => {
      rig.cluster.createPolicy()
      await rig.settle()
      expect(rig.cluster.contract()).toMatchObject({ delay: 15 })
    })
    expect(changes).toEqual([])
  })

  test('does not write what the policy asked for before', async () => {
    const { changes, rig } = await takenOver(
      async (before) => {
        const { cluster } = before
        cluster.createPolicy({ propagation: { initial: '2s' } })
        cluster.edit((raw) => podSpecOf(raw).containers?.forEach((container) => (container['image'] = 'app:2')))
        await before.settle()
        await cluster.rollOut()
        await before.settle()
        expect(cluster.contract()).toMatchObject({ delay: 3 })
      },
      ({ cluster }) => cluster.createPolicy({ propagation: { initial: '9s' } }),
    )
    expect(changes).toEqual([])
    expect(rig.cluster.contract()).toMatchObject({ delay: 3 })
  })

  test('goes on from what was measured meanwhile', async () => {
    const { rig } = await takenOver(
      async (before) => {
        await before.cluster.rollOut()
        await before.settle()
        expect(before.cluster.status().targets?.[0]?.drains?.clean).toBe(2)
      },
      ({ cluster }) => cluster.createPolicy(),
    )
    const [name] = rig.api.list(paths.pods).map(({ metadata }) => metadata.name)
    await rig.cluster.endPod(name ?? '')
    await rig.settle()
    expect(rig.cluster.status().targets?.[0]).toMatchObject({ drains: { clean: 3 }, propagation: { samples: 3 } })
  })
})

describe('restarts', () => {
  test('what was measured survives a restart', async () => {
    const { rig, operator } = await delivered()
    await rig.cluster.rollOut()
    await rig.settle()
    const before = rig.cluster.status()
    operator.kill()
    rig.start()
    await rig.settle()
    rig.cluster.edit((raw) => podSpecOf(raw).containers?.forEach((container) => (container['image'] = 'app:2')))
    await rig.settle()
    await rig.cluster.rollOut()
    await rig.settle()
    const after = rig.cluster.status().targets?.[0]
    expect(after?.drains?.clean).toBe(4)
    expect(after?.propagation?.samples).toBe(4)
    expect(after?.propagation?.history).toContain(before.targets?.[0]?.propagation?.history)
  })
})
