import { describe, expect, test } from 'vitest'
import { namespace, paths } from './cluster.ts'
import { refused } from './memory-api.ts'
import { podSpecOf, withoutUs } from './memory-apply.ts'
import { delivered, quick, Rig } from './rig.ts'
import { releaseDelayMs } from '../../src/operator/orphans.ts'
import { raisePaceMs } from '../../src/operator/raise-pace.ts'

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

  test('raises soon after a write are one write, a moment later and without anybody asking', async () => {
    const { rig } = await delivered()
    const before = rig.api.writes.length
    for (const initial of ['7s', '9s', '12s']) {
      rig.cluster.createPolicy({ propagation: { ...quick, initial } })
      await rig.settle(1000)
    }
    expect(rig.cluster.contract()).toMatchObject({ delay: 5 })
    expect(rig.cluster.condition('Ready')).toBe('False Delivering')
    await rig.settle(raisePaceMs)
    expect(rig.cluster.contract()).toMatchObject({ delay: 12 })
    expect(rig.cluster.condition('Ready')).toBe('True Reconciled')
    expect(rig.writesSince(before).filter((write) => write.startsWith('deployments'))).toHaveLength(1)
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
    await rig.settle(releaseDelayMs - 1000)
    expect(rig.cluster.contract('checkout')).toMatchObject({ delay: 5 })
    await rig.settle()
    expect(rig.cluster.contract('checkout')).toEqual({ grace: 30, delay: undefined })
    expect(rig.cluster.contract('cart')).toMatchObject({ delay: 5 })
  })

  test('a policy that is deleted and made again costs no rollout', async () => {
    const { rig } = await delivered()
    const before = rig.cluster.deployment().metadata.generation
    rig.api.remove(paths.policies, `${namespace}/checkout`)
    await rig.settle()
    rig.cluster.createPolicy({ propagation: quick })
    await rig.settle(2 * releaseDelayMs)
    expect(rig.cluster.deployment().metadata.generation).toBe(before)
  })

  test('each policy that comes and goes begins the time anew after which a contract is given back', async () => {
    const { rig } = await delivered()
    rig.api.remove(paths.policies, `${namespace}/checkout`)
    await rig.settle(releaseDelayMs - 5000)
    rig.cluster.createPolicy({ propagation: quick })
    await rig.settle(1000)
    rig.api.remove(paths.policies, `${namespace}/checkout`)
    await rig.settle(releaseDelayMs - 1000)
    expect(rig.cluster.contract()).toMatchObject({ delay: 5 })
    await rig.settle(2000)
    expect(rig.cluster.contract()).toEqual({ grace: 30, delay: undefined })
  })

  test('a policy that the watch has not told of yet is found before its contract is given back', async () => {
    let lagMs = 0
    const { rig } = await delivered({ watchLagMs: (collection) => (collection === paths.policies ? lagMs : 0) })
    const before = rig.cluster.deployment().metadata.generation
    rig.api.remove(paths.policies, `${namespace}/checkout`)
    await rig.settle()
    lagMs = 3 * releaseDelayMs
    rig.cluster.createPolicy({ propagation: quick })
    await rig.settle(5 * releaseDelayMs)
    expect(rig.cluster.deployment().metadata.generation).toBe(before)
    expect(rig.cluster.condition('Ready')).toBe('True Reconciled')
  })

  test('what is uninstalled with its CRD is given back too', async () => {
    const { rig, operator } = await delivered()
    const { client } = operator
    const request = client.request.bind(client)
    client.request = async (asked) =>
      asked.verb === 'list' && asked.path.endsWith('/drainpolicies') ? refused(404, 'NotFound') : request(asked)
    rig.api.remove(paths.policies, `${namespace}/checkout`)
    await rig.settle(2 * releaseDelayMs)
    expect(rig.cluster.contract()).toEqual({ grace: 30, delay: undefined })
  })

  test('a policy that is deleted and made again, again and again, is no fight with anybody', async () => {
    const { rig } = await delivered()
    for (let round = 1; round <= 4; round += 1) {
      rig.api.remove(paths.policies, `${namespace}/checkout`)
      await rig.settle(2 * releaseDelayMs)
      expect(rig.cluster.contract()).toEqual({ grace: 30, delay: undefined })
      rig.cluster.createPolicy({ propagation: quick })
      await rig.settle()
      expect(rig.cluster.condition('Ready')).toBe('True Reconciled')
    }
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

  test('watches that are seconds late cause no second write, not even one that would be refused', async () => {
    const sent: string[] = []
    const { rig } = await delivered({
      watchLagMs: () => 3000,
      interfere: (request, commit) => {
        if (request.verb === 'patch' && !request.path.includes('/events/')) sent.push(request.path)
        return commit()
      },
    })
    // Brings the policy back before the watch has delivered the writes.
    rig.cluster.createService('another')
    await rig.settle(60_000)
    expect(rig.writesSince()).toEqual(['deployments shop/checkout', 'drainpolicies/status shop/checkout'])
    expect(sent).toHaveLength(2)
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

  test('who was given way to is given way to by the next process too, until the policy is changed', async () => {
    const { rig, operator } = await delivered()
    for (let round = 0; round < 4; round += 1) {
      rig.api.put(paths.deployments, withoutUs(rig.cluster.deployment()))
      await rig.settle(60_000)
    }
    expect(rig.cluster.status().targets?.[0]?.putBack).toEqual(['gracePeriod', 'preStop'])
    await operator.stop()
    const before = rig.api.writes.length
    rig.start()
    await rig.settle(2 * 60 * 60_000)
    expect(rig.writesSince(before)).toEqual([])
    rig.cluster.createPolicy({ propagation: { ...quick, initial: '9s' } })
    await rig.settle()
    expect(rig.cluster.contract()).toMatchObject({ delay: 9 })
    expect(rig.cluster.status().targets?.[0]?.putBack).toBeUndefined()
  })
})
