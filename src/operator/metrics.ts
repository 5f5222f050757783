import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Observation, WorkObservation } from '../kube/index.ts'
import type { Verdict } from '../pacing/index.ts'

const verdicts = ['Healthy', 'Breached', 'Inconclusive'] as const
/** How the error rate is told: as it was counted, and the interval that it is in. */
const bounds = ['counted', 'lower', 'upper'] as const

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
  readonly #verdict = new Gauge({
    name: 'drainkeeper_rollout_verdict',
    help: '1 for what was concluded last of the present rollout.',
    labelNames: ['namespace', 'policy', 'target', 'verdict'] as const,
    registers: [this.registry],
  })
  readonly #errorRate = new Gauge({
    name: 'drainkeeper_rollout_error_rate',
    help: 'Share of requests that failed: as counted (absent without requests), and the interval that it is in.',
    labelNames: ['namespace', 'policy', 'target', 'bound'] as const,
    registers: [this.registry],
  })
  readonly #pace: Record<keyof PaceFigures, Gauge<'namespace' | 'policy' | 'target'>>
  readonly #rolloutRequests: Gauge<'namespace' | 'policy' | 'target'>
  readonly #targets: Record<keyof TargetFigures, Gauge<'namespace' | 'policy' | 'target'>>

  constructor() {
    const gauge = (name: string, help: string): Gauge<'namespace' | 'policy' | 'target'> =>
      new Gauge({
        name: `drainkeeper_${name}`,
        help,
        labelNames: ['namespace', 'policy', 'target'],
        registers: [this.registry],
      })
    this.#rolloutRequests = gauge('rollout_requests', 'Requests that the verdict on the rollout rests on.')
    this.#pace = {
      stepPods: gauge('rollout_step_pods', 'Pods that the present step of a rollout may replace; 0 at rest.'),
      holdSeconds: gauge('rollout_hold_seconds', 'minReadySeconds that holds the present step; 0 at rest.'),
    }
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

  setTarget(labels: TargetLabels, figures: TargetFigures): void {
    for (const [name, value] of Object.entries(figures)) this.#targets[name as keyof TargetFigures].set(labels, value)
  }

  /** The pace of a rollout; without figures it is paced no more. */
  setPace(labels: TargetLabels, figures: PaceFigures | undefined): void {
    for (const [name, gauge] of Object.entries(this.#pace)) {
      if (figures === undefined) gauge.remove(labels)
      else gauge.set(labels, figures[name as keyof PaceFigures])
    }
  }

  /** What was concluded of a rollout, with the figures that it rests on. */
  setVerdict(labels: TargetLabels, { kind, counts, interval }: Verdict): void {
    for (const verdict of verdicts) this.#verdict.set({ ...labels, verdict }, verdict === kind ? 1 : 0)
    this.#rolloutRequests.set(labels, counts.requests)
    if (counts.requests === 0) this.#errorRate.remove({ ...labels, bound: 'counted' })
    else this.#errorRate.set({ ...labels, bound: 'counted' }, counts.errors / counts.requests)
    this.#errorRate.set({ ...labels, bound: 'lower' }, interval.lower)
    this.#errorRate.set({ ...labels, bound: 'upper' }, interval.upper)
  }

  /** Nothing is concluded of a target that does not roll. */
  forgetVerdict(labels: TargetLabels): void {
    for (const verdict of verdicts) this.#verdict.remove({ ...labels, verdict })
    for (const bound of bounds) this.#errorRate.remove({ ...labels, bound })
    this.#rolloutRequests.remove(labels)
  }

  /** Forgets a policy's figures, so that a deleted policy is not reported for ever. */
  forgetTarget(labels: TargetLabels): void {
    for (const gauge of Object.values(this.#targets)) gauge.remove(labels)
    this.setPace(labels, undefined)
  }
}

export interface TargetLabels {
  namespace: string
  policy: string
  target: string
}

export interface PaceFigures {
  stepPods: number
  holdSeconds: number
}

export interface TargetFigures {
  propagationSeconds: number
  propagationSamples: number
  drainDelaySeconds: number
  gracePeriodSeconds: number
  pods: number
  podsOnContract: number
}
