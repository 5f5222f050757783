import { describe, expect, test } from 'vitest'
import { refused } from './memory-api.ts'
import { Rig } from './rig.ts'

/** An operator whose every write of a Deployment is answered so. */
function refusing(answer: (time: number) => ReturnType<typeof refused>): { rig: Rig; refusals: () => number } {
  const rig = new Rig()
  rig.cluster.createDeployment()
  rig.cluster.createPolicy()
  let count = 0
  rig.start({
    interfere: (request, commit) => {
      if (!request.path.includes('/deployments/')) return commit()
      count += 1
      return answer(count)
    },
  })
  return { rig, refusals: () => count }
}

describe('a write that the API server does not take', () => {
  test('a refusal that nobody predicted is told in status, and tried again ever more slowly', async () => {
    const { rig, refusals } = refusing(() => refused(422, 'Invalid', 'a webhook says no'))
    await rig.settle(60_000)
    expect(rig.cluster.condition('Ready')).toBe('False Refused')
    expect(rig.cluster.status().conditions?.[0]?.message).toContain('a webhook says no')
    expect(rig.writesSince()).toEqual(['drainpolicies/status shop/checkout'])
    expect(refusals()).toBeLessThan(20)
  })

  test('a refusal whose words have another number each time is told once', async () => {
    const { rig, refusals } = refusing((time) =>
      refused(500, 'InternalError', `read tcp 10.0.0.1:${50_000 + time}: connection reset`),
    )
    await rig.settle(60_000)
    expect(refusals()).toBeGreaterThan(1)
    expect(rig.writesSince()).toEqual(['drainpolicies/status shop/checkout'])
  })

  test('an API server that goes on failing is told in status', async () => {
    const rig = new Rig()
    rig.cluster.createDeployment()
    rig.cluster.createPolicy()
    rig.start({
      interfere: (request, commit) =>
        request.path.includes('/deployments/') ? refused(500, 'InternalError', 'a webhook is down') : commit(),
    })
    await rig.settle(60_000)
    expect(rig.cluster.condition('Ready')).toBe('False Refused')
    expect(rig.cluster.status().conditions?.[0]?.message).toContain('a webhook is down')
  })

  test('of several Deployments one that is refused does not hold up the others', async () => {
    const rig = new Rig()
    rig.cluster.createDeployment('a-first', { labels: { team: 'shop' } })
    rig.cluster.createDeployment('b-second', { labels: { team: 'shop' } })
    rig.cluster.createPolicy({ selector: { matchLabels: { team: 'shop' } } })
    rig.start({
      interfere: (request, commit) =>
        request.path.endsWith('/a-first') ? refused(422, 'Invalid', 'a webhook says no') : commit(),
    })
    await rig.settle(60_000)
    expect(rig.cluster.contract('b-second')).toEqual({ grace: 95, delay: 15 })
    expect(rig.cluster.condition('Ready')).toBe('False Refused')
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
})
