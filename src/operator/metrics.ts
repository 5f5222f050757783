import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Observation, WorkObservation } from '../kube/index.ts'

export const drainOutcomes = ['clean', 'forced', 'killed', 'hookFailed', 'outOfMemory', 'unknown'] as const

/** Everything that /metrics tells of the operator's work. Label sets that are known beforehand start at zero. */
export class OperatorMetrics {
  readonly registry = new Registry()
  readonly #requests = new Counter({
    name: 'drainkeeper_api_requests_total',
    help: 'Requests to the API server, by verb, resource and HTTP status (or why there was none).',
    labelNames: ['verb', 'resource', 'status'] as const,
    registers: [this.registry],
  })
  readonly #requestSeconds = new Histogram({
    name: 'drainkeeper_api_request_duration_seconds',
    help: 'Time until the headers of an answer, by verb.',
    labelNames: ['verb'] as const,
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [this.registry],
  })
  readonly #reconciles = new Counter({
    name: 'drainkeeper_reconciles_total',
    help: 'Reconciles, by outcome.',
    labelNames: ['outcome'] as const,
    registers: [this.registry],
  })
  readonly #reconcileSeconds = new Histogram({
    name: 'drainkeeper_reconcile_duration_seconds',
    help: 'Duration of a reconcile.',
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [this.registry],
  })
  readonly leader = new Gauge({
    name: 'drainkeeper_leader',
    help: '1 while this process holds the lease.',
    registers: [this.registry],
  })
  readonly #drains = new Counter({
    name: 'drainkeeper_drains_total',
    help: 'Pods that ended, by how they ended.',
    labelNames: ['outcome'] as const,
    registers: [this.registry],
  })
  readonly #targets: Record<keyof TargetFigures, Gauge<'namespace' | 'policy' | 'target'>>

  constructor() {
    const gauge = (name: string, help: string): Gauge<'namespace' | 'policy' | 'target'> =>
      new Gauge({
        name: `drainkeeper_${name}`,
        help,
        labelNames: ['namespace', 'policy', 'target'],
        registers: [this.registry],
      })
    this.#targets = {
      propagationSeconds: gauge('propagation_bound_seconds', 'P: upper bound of endpoint propagation.'),
      propagationSamples: gauge('propagation_samples', 'Informative drains in the window.'),
      drainDelaySeconds: gauge('drain_delay_seconds', 'D: drain delay of the contract.'),
      gracePeriodSeconds: gauge('grace_period_seconds', 'G: grace period of the contract.'),
      pods: gauge('pods', 'Pods that are not terminating.'),
      podsOnContract: gauge('pods_on_contract', 'Of those, pods that carry the contract.'),
    }
    this.leader.set(0)
    for (const outcome of drainOutcomes) this.#drains.inc({ outcome }, 0)
    for (const outcome of ['success', 'error']) this.#reconciles.inc({ outcome }, 0)
  }

  observeRequest(seen: Observation): void {
    this.#requests.inc({ verb: seen.verb, resource: seen.resource, status: String(seen.status) })
    this.#requestSeconds.observe({ verb: seen.verb }, seen.durationMs / 1000)
  }

  observeReconcile(seen: WorkObservation): void {
    this.#reconciles.inc({ outcome: seen.outcome })
    this.#reconcileSeconds.observe(seen.durationMs / 1000)
  }

  countDrain(outcome: (typeof drainOutcomes)[number]): void {
    this.#drains.inc({ outcome })
  }

  setTarget(labels: { namespace: string; policy: string; target: string }, figures: TargetFigures): void {
    for (const [name, value] of Object.entries(figures)) this.#targets[name as keyof TargetFigures].set(labels, value)
  }

  /** Forgets a policy's figures, so that a deleted policy is not reported for ever. */
  forgetTarget(labels: { namespace: string; policy: string; target: string }): void {
    for (const gauge of Object.values(this.#targets)) gauge.remove(labels)
  }
}

export interface TargetFigures {
  propagationSeconds: number
  propagationSamples: number
  drainDelaySeconds: number
  gracePeriodSeconds: number
  pods: number
  podsOnContract: number
}
