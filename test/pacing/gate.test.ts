import { describe, expect, test } from 'vitest'
import type { PaceRules } from '../../src/pacing/index.ts'
import { ModelDeployment } from './gate-deployment.ts'
import { ModelOperator, quickRules, rollingOut } from './gate-operator.ts'

const phaseOf = (operator: ModelOperator) => operator.state?.rollout?.phase
const breached = (rules: Partial<PaceRules> = {}, desired = 8): ModelOperator => {
  const operator = rollingOut(new ModelDeployment(desired), { ...quickRules, ...rules })
  operator.run(2)
  operator.outcome = 'Breached'
  operator.run(1)
  return operator
}

describe('a rollout', () => {
  test('at rest nothing is claimed', () => {
    const operator = new ModelOperator(new ModelDeployment(4))
    operator.run(5)
    expect(operator.last).toMatchObject({ claims: {}, reason: 'AtRest', state: { healthyTemplateId: 't0' } })
  })

  test('starts with one pod, holds, and grows with each healthy step to the size of the plain Deployment', () => {
    const operator = rollingOut(new ModelDeployment(20))
    expect(operator.reconcile().claims).toEqual({
      maxSurge: 1,
      maxUnavailable: 0,
      minReadySeconds: 20,
      progressDeadlineSeconds: 620,
    })
    expect(operator.secondsToRest(200)).toBeLessThan(60)
    expect(operator.deployment.batches[0]).toBe(1)
    expect(operator.deployment.batches.length).toBeLessThanOrEqual(2 + 4)
    expect(operator.deployment.claims).toEqual({})
    expect(operator.state).toEqual({ templateId: 't1', healthyTemplateId: 't1' })
  })

  test('does not go on before anything was heard, and then as onInconclusive says', () => {
    for (const onInconclusive of ['Continue', 'Pause'] as const) {
      const operator = rollingOut(new ModelDeployment(8), { ...quickRules, onInconclusive })
      operator.outcome = 'Inconclusive'
      operator.run(58)
      expect(operator.deployment.facts.updated).toBe(1)
      const rest = operator.secondsToRest(300)
      if (onInconclusive === 'Continue') expect(rest).toBeLessThan(100)
      else expect(operator.last?.reason).toBe('Paused')
    }
  })

  test('watches each step for minHold, however soon it is found healthy', () => {
    const operator = rollingOut(new ModelDeployment(8), { ...quickRules, minHoldMs: 15_000 })
    operator.run(14)
    expect(operator.deployment.facts.updated).toBe(1)
    const left = (operator.last?.wakeMs ?? 0) - operator.deployment.nowMs
    expect(left).toBeGreaterThan(0)
    expect(left).toBeLessThan(15_000)
    expect(operator.last?.message).toMatch(/^watches a step of 1 pod for 15 s at least; /)
    operator.run(left / 1000 + 2)
    expect(operator.deployment.facts.updated).toBeGreaterThan(1)
    expect(operator.secondsToRest(300)).toBeLessThan(120)
  })

  test('waits for its turn without claiming more, and goes when it comes', () => {
    const operator = rollingOut(new ModelDeployment(8))
    operator.turn = false
    operator.run(40)
    expect(operator.last?.reason).toBe('WaitingForTurn')
    expect(operator.deployment.facts.updated).toBe(1)
    operator.turn = true
    expect(operator.secondsToRest(100)).toBeLessThan(100)
  })

  test.each([
    ['pods that still end', { terminating: 4 }],
    ['a PodDisruptionBudget that allows none', { disruptionsAllowed: 0 }],
  ])('%s hold it for maxHold, not for ever', (_, facts) => {
    const operator = rollingOut(new ModelDeployment(8))
    operator.facts = facts
    operator.run(58)
    expect(operator.deployment.facts.updated).toBe(1)
    expect(operator.secondsToRest(600)).toBeLessThan(600)
  })

  test.each([
    [12, 1],
    [20, 1],
    [20, 2],
    [20, 4],
    [40, 1],
    [40, 10],
    [100, 10],
  ])('%i pods, of which a PodDisruptionBudget spares %i: as quick, and never fewer healthy', (desired, budget) => {
    const quickest = rollingOut(new ModelDeployment(desired)).secondsToRest(600)
    const operator = rollingOut(new ModelDeployment(desired))
    operator.deployment.budget = budget
    let least = desired
    let seconds = 0
    for (; operator.secondsToRest(1) > 0; seconds++) least = Math.min(least, operator.deployment.healthy)
    expect(least).toBeGreaterThanOrEqual(desired - budget)
    expect(seconds).toBeLessThan(quickest * 2 + 5)
  })

  test('a step that is healthy, and had no room for maxHold, leaves the next one the time for its verdict', () => {
    const operator = rollingOut(new ModelDeployment(8), { ...quickRules, onInconclusive: 'Pause' })
    operator.facts = { terminating: 8 }
    operator.run(62)
    expect(operator.deployment.facts.updated).toBeGreaterThan(1)
    operator.facts = {}
    operator.outcome = 'Inconclusive'
    operator.run(30)
    expect(phaseOf(operator)).toBe('Holding')
    operator.run(40)
    expect(phaseOf(operator)).toBe('Paused')
  })

  test('a deadline that the user states bounds the hold', () => {
    const operator = rollingOut(new ModelDeployment(8, { progressDeadlineSeconds: 10 }))
    expect(operator.reconcile().claims).toEqual({ maxSurge: 1, maxUnavailable: 0, minReadySeconds: 9 })
  })

  test('a second change of the template starts anew', () => {
    const operator = rollingOut(new ModelDeployment(20))
    operator.run(10)
    expect(operator.state?.rollout?.stepPods).toBeGreaterThan(1)
    operator.deployment.change('t2')
    expect(operator.reconcile().state.rollout).toMatchObject({ stepPods: 1, released: 0 })
  })

  test('going back to the healthy template passes at the speed of the user', () => {
    const operator = rollingOut(new ModelDeployment(8))
    operator.run(10)
    operator.deployment.change('t0')
    expect(operator.reconcile()).toMatchObject({ claims: {}, reason: 'KnownHealthy' })
  })
})

describe('a breach', () => {
  test('pauses with a cause and a deadline, which a live operator renews', () => {
    const operator = breached()
    expect(operator.deployment.live.paused).toBe(true)
    operator.run(100)
    expect(operator.deployment.live.paused).toBe(true)
    expect(operator.state?.rollout?.pause?.untilMs).toBeGreaterThan(operator.deployment.nowMs)
    expect(operator.last?.message).toBe('requests failed (newVersion)')
  })

  test('of a service that recovers resumes at once, of a version that was blamed after maxHold', () => {
    for (const [blame, seconds] of [
      ['service', 0],
      ['newVersion', 58],
    ] as const) {
      const operator = rollingOut(new ModelDeployment(8))
      operator.blame = blame
      operator.outcome = 'Breached'
      operator.run(4)
      operator.outcome = 'Healthy'
      operator.run(seconds)
      expect(operator.deployment.live.paused).toBe(true)
      operator.run(4)
      expect(operator.deployment.live.paused).toBe(false)
    }
  })

  test('an operator that was away longer than the deadline holds instead', () => {
    const operator = breached()
    operator.outcome = 'Inconclusive'
    for (let i = 0; i < 30; i++) operator.deployment.tick()
    expect(operator.deployment.live.paused).toBe(true)
    expect(operator.reconcile().claims).toMatchObject({ minReadySeconds: expect.any(Number) })
    expect(operator.deployment.live.paused).toBe(false)
  })

  test('a pause whose record was lost ends', () => {
    const operator = breached()
    operator.outcome = 'Inconclusive'
    operator.state = undefined
    operator.reconcile()
    expect(operator.deployment.live.paused).toBe(false)
    expect(phaseOf(operator)).toBe('Holding')
  })

  test('somebody who resumes by hand has the rest of the rollout', () => {
    const operator = breached()
    operator.run(1)
    operator.deployment.state('paused', undefined)
    operator.run(1)
    expect(operator.last).toMatchObject({ reason: 'Overridden', claims: {} })
    expect(operator.secondsToRest(100)).toBeLessThan(40)
    operator.outcome = 'Inconclusive'
    operator.run(1)
    operator.deployment.change('t2')
    expect(operator.reconcile().reason).toBe('Holding')
  })

  test('a fix is not stopped by the pause of what it fixes', () => {
    const operator = breached()
    operator.outcome = 'Healthy'
    operator.deployment.change('t2')
    expect(operator.reconcile().claims.paused).toBeUndefined()
    expect(operator.secondsToRest(300)).toBeLessThan(300)
  })

  test("somebody's own pause is neither touched nor counted", () => {
    const operator = rollingOut(new ModelDeployment(8))
    operator.run(2)
    operator.outcome = 'Inconclusive'
    operator.deployment.state('paused', true)
    operator.run(200)
    expect(operator.last?.reason).toBe('PausedByUser')
    expect(operator.deployment.claims.paused).toBeUndefined()
    operator.deployment.state('paused', undefined)
    operator.run(3)
    expect(operator.deployment.live.paused).toBe(false)
  })

  test('rolls back where that is asked for, once, at the speed of the user', () => {
    const operator = breached({ onBreach: 'Rollback' })
    expect(operator.deployment.template).toBe('t0')
    operator.run(20)
    expect(operator.deployment).toMatchObject({ template: 't0', over: true, claims: {} })
    expect(operator.state).toEqual({ templateId: 't0', healthyTemplateId: 't0' })
  })

  test('pods that never become ready are rolled back too', () => {
    const operator = rollingOut(new ModelDeployment(8), { ...quickRules, onBreach: 'Rollback' })
    operator.deployment.startSeconds = 10_000
    operator.outcome = 'Inconclusive'
    operator.run(2)
    operator.facts = { deadlineExceeded: true }
    operator.reconcile()
    expect(operator.deployment.template).toBe('t0')
  })

  test('a rollback that is refused lets nothing through, however old its hold is', () => {
    for (let watched = 0; watched < 20; watched++) {
      const operator = rollingOut(new ModelDeployment(8), { ...quickRules, onBreach: 'Rollback' })
      operator.outcome = 'Inconclusive'
      operator.run(4 + watched)
      operator.outcome = 'Breached'
      operator.deployment.change = () => {}
      operator.run(19)
      expect(phaseOf(operator)).toBe('RollingBack')
      operator.run(30)
      expect(phaseOf(operator)).toBe('Paused')
      expect(operator.deployment.facts.updated).toBe(1)
    }
  })

  test('pauses where the template cannot be put back', () => {
    const rollout = rollingOut(new ModelDeployment(8), { ...quickRules, onBreach: 'Rollback' })
    rollout.facts = { gitOpsManager: 'kustomize-controller' }
    rollout.run(2)
    rollout.outcome = 'Breached'
    rollout.run(1)
    expect(rollout.deployment.template).toBe('t1')
    expect(rollout.last?.message).toContain('kustomize-controller owns the pod template')
  })

  test('of draining pods makes the next drains longer, and steps smaller, and pauses only at the cap', () => {
    const draining = (drainRaiseInForce: number): ModelOperator => {
      const operator = rollingOut(new ModelDeployment(20))
      operator.drainRaiseInForce = drainRaiseInForce
      operator.run(10)
      operator.outcome = 'Breached'
      operator.blame = 'draining'
      return operator
    }
    const operator = draining(8)
    const before = operator.state?.rollout?.stepPods ?? 0
    expect(operator.reconcile().drainRaiseSeconds).toBe(16)
    expect(operator.state?.rollout?.stepPods).toBe(Math.floor(before / 2))
    operator.run(20)
    expect(operator.last?.drainRaiseSeconds).toBe(16)
    expect(phaseOf(operator)).toBe('Holding')
    operator.outcome = 'Healthy'
    expect(operator.secondsToRest(300)).toBeLessThan(200)
    const longest = draining(30)
    longest.run(1)
    expect(phaseOf(longest)).toBe('Paused')
  })

  test('of the background holds only, and Report does nothing at all', () => {
    const background = rollingOut(new ModelDeployment(8))
    background.blame = 'background'
    background.outcome = 'Breached'
    background.run(40)
    expect(phaseOf(background)).toBe('Holding')
    const report = breached({ onBreach: 'Report' })
    expect(report.secondsToRest(100)).toBeLessThan(60)
  })
})
