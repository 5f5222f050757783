import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type PaceRules, type PaceState, resolveBounds } from '../../src/pacing/index.ts'
import { ModelDeployment } from './gate-deployment.ts'
import { type Death, ModelOperator, quickRules } from './gate-operator.ts'

const events = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('run' as const), seconds: fc.integer({ min: 1, max: 45 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('verdict' as const),
      outcome: fc.constantFrom('Healthy', 'Healthy', 'Breached', 'Inconclusive'),
      blame: fc.constantFrom('newVersion', 'service', 'draining', 'background'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('die' as const),
      at: fc.constantFrom<Death>('beforeRecord', 'beforeApply', 'afterApply'),
      awaySeconds: fc.integer({ min: 0, max: 60 }),
      record: fc.constantFrom('kept', 'lost', 'old'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('change' as const), to: fc.integer({ min: 0, max: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('scale' as const), to: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('resume' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pause' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('turn' as const), ours: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('state' as const),
      field: fc.constantFrom('minReadySeconds', 'maxSurge', 'maxUnavailable'),
      value: fc.integer({ min: 1, max: 4 }),
    }),
  },
)
type Event = typeof events extends fc.Arbitrary<infer E> ? E : never

const histories = fc.record({
  desired: fc.integer({ min: 1, max: 12 }),
  onBreach: fc.constantFrom('Pause', 'Rollback', 'Report'),
  onInconclusive: fc.constantFrom('Continue', 'Pause'),
  startSeconds: fc.integer({ min: 0, max: 8 }),
  events: fc.array(events, { minLength: 1, maxLength: 25 }),
})

/** What has to hold after every reconcile that was carried out. */
function check({ deployment, state, rules }: ModelOperator): void {
  const { claims, stated, live } = deployment
  const pause = state?.rollout?.pause
  if (claims.paused === true) {
    expect(pause?.cause).toBeDefined()
    expect(pause?.untilMs).toBeGreaterThan(deployment.nowMs)
    expect(pause?.untilMs).toBeLessThanOrEqual(deployment.nowMs + rules.leaseMs)
  }
  for (const field of Object.keys(claims)) expect(Object.keys(stated)).not.toContain(field)
  expect(live.progressDeadlineSeconds).toBeGreaterThan(live.minReadySeconds)
  const own = resolveBounds(
    { maxSurge: stated.maxSurge ?? '25%', maxUnavailable: stated.maxUnavailable ?? '25%' },
    deployment.desired,
  )
  const now = resolveBounds(live, deployment.desired)
  expect(now.surge).toBeLessThanOrEqual(own.surge)
  expect(now.unavailable).toBeLessThanOrEqual(own.unavailable)
  expect(live.minReadySeconds).toBeLessThanOrEqual((stated.minReadySeconds ?? 0) + 4 + 80)
  if (state?.rollout === undefined) expect(claims).toEqual({})
}

function play(operator: ModelOperator, event: Event, old: { state: PaceState | undefined }): void {
  const { deployment } = operator
  switch (event.kind) {
    case 'run':
      for (let i = 0; i < event.seconds; i++) {
        operator.run(1)
        check(operator)
      }
      break
    case 'verdict':
      Object.assign(operator, { outcome: event.outcome, blame: event.blame })
      break
    case 'die':
      operator.reconcile(event.at)
      for (let i = 0; i < event.awaySeconds; i++) deployment.tick()
      if (event.record === 'lost') operator.state = undefined
      if (event.record === 'old') operator.state = old.state
      operator.last = undefined
      operator.reconcile()
      check(operator)
      break
    case 'change':
      old.state = operator.state
      deployment.change(`t${event.to}`)
      break
    case 'scale':
      deployment.desired = event.to
      break
    case 'resume':
      deployment.state('paused', undefined)
      break
    case 'pause':
      deployment.state('paused', true)
      break
    case 'turn':
      operator.turn = event.ours
      break
    case 'state':
      deployment.state(event.field as 'minReadySeconds', event.value)
      break
  }
}

interface History {
  desired: number
  startSeconds: number
  onBreach: string
  onInconclusive: string
  events: readonly Event[]
}

/** An operator, and a rollout in whatever state the history left it. */
function lived({ desired, startSeconds, events: happened, ...choices }: History): ModelOperator {
  const { onBreach, onInconclusive } = choices as Pick<PaceRules, 'onBreach' | 'onInconclusive'>
  const deployment = new ModelDeployment(desired)
  deployment.startSeconds = startSeconds
  const operator = new ModelOperator(deployment, { ...quickRules, onBreach, onInconclusive })
  operator.run(1)
  deployment.change('t1')
  const old = { state: operator.state }
  for (const event of happened) play(operator, event, old)
  return operator
}

test('whatever happens: no pause without a reason and a deadline, nothing of the user is touched, and it comes to rest', () => {
  fc.assert(
    fc.property(histories, (history) => {
      const operator = lived(history)
      // The storm is over: the user pauses nothing, it is our turn, and the objective holds.
      const { deployment } = operator
      operator.outcome = 'Healthy'
      operator.turn = true
      if (deployment.stated.paused === true) deployment.state('paused', undefined)
      expect(operator.secondsToRest(1500)).toBeLessThan(1500)
      expect(deployment.claims).toEqual({})
    }),
    { numRuns: 1000 },
  )
})

test('nothing heard at all, with Continue: it ends, at most maxHold after the storm and a step each', () => {
  fc.assert(
    fc.property(histories, (history) => {
      const operator = lived({ ...history, onInconclusive: 'Continue' })
      operator.outcome = 'Inconclusive'
      operator.turn = true
      if (operator.deployment.stated.paused === true) operator.deployment.state('paused', undefined)
      expect(operator.secondsToRest(2500)).toBeLessThan(2500)
    }),
    { numRuns: 500 },
  )
})

test('a dead operator leaves a rollout that ends by itself, unless it was paused: then the documented line ends it', () => {
  fc.assert(
    fc.property(histories, (history) => {
      const operator = lived(history)
      const { deployment } = operator
      // kubectl rollout resume
      if (deployment.live.paused) deployment.state('paused', undefined)
      const stepSeconds = deployment.live.minReadySeconds + deployment.startSeconds + 3
      const bound = (deployment.desired + 1) * stepSeconds + 12
      let seconds = 0
      while (!deployment.over && seconds++ < bound) deployment.tick()
      expect(seconds).toBeLessThan(bound)
    }),
    { numRuns: 500 },
  )
})
