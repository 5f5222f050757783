import {
  gate,
  type GateDecision,
  type PacedDeployment,
  type PaceRules,
  paceRuleDefaults,
  type PaceState,
  type PaceVerdict,
} from '../../src/pacing/index.ts'
import type { ModelDeployment } from './gate-deployment.ts'

export const quickRules: PaceRules = { ...paceRuleDefaults, maxHoldMs: 60_000, leaseMs: 20_000 }

/** Where an operator is killed in a reconcile. */
export type Death = 'beforeRecord' | 'beforeApply' | 'afterApply'

/** What the wiring is to do, on the model: record, then apply, then put the template back. */
export class ModelOperator {
  readonly deployment: ModelDeployment
  readonly rules: PaceRules
  state: PaceState | undefined
  last: GateDecision | undefined
  outcome: PaceVerdict['outcome'] = 'Healthy'
  blame: PaceVerdict['blame'] = 'newVersion'
  turn = true
  drainRaiseInForce = 0
  facts: Partial<PacedDeployment> = {}

  constructor(deployment: ModelDeployment, rules: PaceRules = quickRules) {
    this.deployment = deployment
    this.rules = rules
  }

  reconcile(death?: Death): GateDecision {
    const { deployment, state, rules, turn, drainRaiseInForce } = this
    const sinceMs = this.last?.observeFromMs ?? 0
    const verdict: PaceVerdict =
      this.outcome === 'Breached' && this.blame !== undefined
        ? { outcome: this.outcome, blame: this.blame, sinceMs }
        : { outcome: this.outcome, sinceMs }
    const facts = { ...deployment.facts, ...this.facts }
    const decision = gate({ facts, state, verdict, rules, turn, drainRaiseInForce, nowMs: deployment.nowMs })
    this.last = decision
    if (death === 'beforeRecord') return decision
    this.state = decision.state
    if (death === 'beforeApply') return decision
    if (JSON.stringify(deployment.claims) !== JSON.stringify(decision.claims)) {
      deployment.claims = decision.claims
      deployment.observed = false
    }
    if (death === undefined && decision.rollbackTo !== undefined) deployment.change(decision.rollbackTo)
    return decision
  }

  /** Seconds with the operator alive: it sees what the controller did, and the other way round. */
  run(seconds: number): void {
    for (let i = 0; i < seconds; i++) {
      this.reconcile()
      this.deployment.tick()
      this.reconcile()
    }
  }

  /** Seconds until no old pod is left and nothing is claimed; the limit where that does not come. */
  secondsToRest(limit: number): number {
    for (let second = 0; second < limit; second++) {
      if (this.deployment.over && this.last?.reason === 'AtRest') return second
      this.run(1)
    }
    return limit
  }
}

export function rollingOut(deployment: ModelDeployment, rules: PaceRules = quickRules): ModelOperator {
  const operator = new ModelOperator(deployment, rules)
  operator.run(1)
  deployment.change('t1')
  return operator
}
