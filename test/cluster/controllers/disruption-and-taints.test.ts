import { describe, expect, it, test } from 'vitest'
import { budgetStatus } from '../../../src/cluster/controllers/disruption/budget.ts'
import { evictionMs, taintsOf } from '../../../src/cluster/controllers/node/taints.ts'
import type { DisruptionBudget, Node, Taint, Toleration } from '../../../src/cluster/controllers/shared/objects.ts'
import { timestamp } from '../../../src/cluster/controllers/shared/timestamps.ts'
import { node, nowMs, pod } from './objects.ts'

describe('a disruption budget', () => {
  const budget = (spec: DisruptionBudget['spec'], status?: DisruptionBudget['status']): DisruptionBudget => ({
    metadata: { namespace: 'shop', name: 'web', generation: 3 },
    spec,
    ...(status === undefined ? {} : { status }),
  })
  const pods = [pod('a'), pod('b'), pod('c'), pod('d', { ready: false })]
  const cases: [string, DisruptionBudget['spec'], [number, number, number, number]][] = [
    ['counts what is to be available', { minAvailable: 2 }, [4, 2, 3, 1]],
    ['allows nothing when too few are healthy', { minAvailable: 4 }, [4, 4, 3, 0]],
    ['takes percentages of what controllers want, rounded up', { minAvailable: '30%' }, [5, 2, 3, 1]],
    ['counts what may be missing of what controllers want', { maxUnavailable: 3 }, [5, 2, 3, 1]],
    ['rounds what may be missing up', { maxUnavailable: '50%' }, [5, 2, 3, 1]],
    ['can allow everything', { maxUnavailable: '100%' }, [5, 0, 3, 3]],
  ]
  test.each(cases)('%s', (_name, spec, [expectedPods, desiredHealthy, currentHealthy, disruptionsAllowed]) => {
    const { status } = budgetStatus({ budget: budget(spec), pods, scale: 5 }, nowMs)
    expect(status).toMatchObject({
      expectedPods,
      desiredHealthy,
      currentHealthy,
      disruptionsAllowed,
      observedGeneration: 3,
    })
    expect(status.conditions).toMatchObject([
      {
        type: 'DisruptionAllowed',
        status: disruptionsAllowed > 0 ? 'True' : 'False',
        reason: disruptionsAllowed > 0 ? 'SufficientPods' : 'InsufficientPods',
      },
    ])
  })

  it('counts no pod whose eviction was allowed, until it should have shown', () => {
    const disrupted = (secondsAgo: number) => {
      const status = {
        disruptedPods: { a: timestamp(nowMs - secondsAgo * 1000), gone: timestamp(nowMs) },
        disruptionsAllowed: 0,
        currentHealthy: 0,
        desiredHealthy: 0,
        expectedPods: 0,
      }
      return budgetStatus({ budget: budget({ minAvailable: 1 }, status), pods, scale: 5 }, nowMs)
    }
    expect(disrupted(30)).toMatchObject({
      status: { currentHealthy: 2, disruptionsAllowed: 1, disruptedPods: { a: timestamp(nowMs - 30_000) } },
      recheckMs: 91_000,
    })
    expect(disrupted(30).status.disruptedPods).not.toHaveProperty('gone')
    expect(disrupted(121)).toMatchObject({ status: { currentHealthy: 3 }, recheckMs: undefined })
  })

  it('allows nothing without pods', () => {
    const { status } = budgetStatus({ budget: budget({ minAvailable: 0 }), pods: [], scale: 0 }, nowMs)
    expect(status).toMatchObject({ expectedPods: 0, disruptionsAllowed: 0 })
  })
})

describe('the taints of a node', () => {
  const state = (ready: 'True' | 'False' | 'Unknown', spec: Node['spec'] = {}): Node => ({
    ...node('a', spec),
    status: { conditions: [{ type: 'Ready', status: ready }] },
  })
  const keys = (each: Node): string[] => taintsOf(each, nowMs).map(({ key, effect }) => `${key}:${effect}`)
  const own: Taint = { key: 'dedicated', effect: 'NoSchedule' }

  it('say what it is, and those of others stay', () => {
    expect(keys(state('True', { taints: [own] }))).toEqual(['dedicated:NoSchedule'])
    expect(keys(state('False', { taints: [own] }))).toEqual([
      'dedicated:NoSchedule',
      'node.kubernetes.io/not-ready:NoSchedule',
      'node.kubernetes.io/not-ready:NoExecute',
    ])
    expect(keys(state('True', { unschedulable: true }))).toEqual(['node.kubernetes.io/unschedulable:NoSchedule'])
  })

  it('change with it, and only then', () => {
    const silent = state('Unknown', { taints: taintsOf(state('False'), nowMs) })
    expect(keys(silent)).toEqual([
      'node.kubernetes.io/unreachable:NoSchedule',
      'node.kubernetes.io/unreachable:NoExecute',
    ])
    const taints = taintsOf(silent, nowMs)
    expect(taintsOf(state('Unknown', { taints }), nowMs + 5000)).toBe(taints)
    expect(keys(state('True', { taints }))).toEqual([])
  })

  it('drive pods out when these tolerate them no longer', () => {
    const silent = state('Unknown', { taints: taintsOf(state('Unknown'), nowMs) })
    const leaves = (...tolerations: Toleration[]) => {
      const ms = evictionMs(pod('p', { spec: { tolerations } }), silent, nowMs)
      return ms === undefined ? undefined : (ms - nowMs) / 1000
    }
    const unreachable = { key: 'node.kubernetes.io/unreachable', operator: 'Exists' }
    expect(leaves()).toBe(0)
    expect(leaves({ ...unreachable, tolerationSeconds: 300 })).toBe(300)
    expect(leaves({ ...unreachable, tolerationSeconds: 300 }, { operator: 'Exists', tolerationSeconds: 5 })).toBe(5)
    expect(leaves(unreachable)).toBeUndefined()
    expect(evictionMs(pod('p'), state('True', { taints: [own] }), nowMs)).toBeUndefined()
  })
})
