import { describe, expect, test } from 'vitest'
import { paths } from './cluster.ts'
import { refused } from './memory-api.ts'
import { podSpecOf } from './memory-apply.ts'
import { delivered, quick, Rig } from './rig.ts'

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

  test('a leader that cannot renew its lease stops writing, and says that it lost it', async () => {
    const rig = new Rig()
    rig.cluster.createDeployment()
    let down = false
    const operator = rig.start({
      leaderElection: true,
      interfere: (request, commit) =>
        down && request.path.includes('/leases/') ? refused(500, 'InternalError') : commit(),
    })
    await rig.settle()
    down = true
    await rig.settle(12_000)
    rig.cluster.createPolicy()
    await rig.settle(60_000)
    expect(await operator.running).toBe('Lost')
    expect(rig.writesSince()).toEqual([])
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

describe('watches that break in the middle of a drain', () => {
  for (const how of ['disconnect', 'compact'] as const) {
    test(`${how}: each pod is counted once`, async () => {
      const { rig } = await delivered()
      for (const ms of [100, 1500, 2400]) rig.clock.setTimeout(() => rig.api[how](), ms)
      await rig.cluster.rollOut()
      await rig.settle(60_000)
      const { drains } = rig.cluster.status().targets?.[0] ?? {}
      expect(Object.values(drains ?? {}).reduce((sum, count) => sum + count, 0)).toBe(2)
    })
  }
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
