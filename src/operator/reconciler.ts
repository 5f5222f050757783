import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import { apiVersion, type DrainPolicyStatus, fieldManager, kind } from '../api/index.ts'
import { type Clock, isKubeError, type KubeError, type WorkResult } from '../kube/index.ts'
import { heldFields } from './carried-contract.ts'
import { decide, type Decision, isNewSpec } from './decide.ts'
import { gather, type ReadablePolicy } from './gather.ts'
import { parseKey } from './keys.ts'
import type { Measurements } from './measurement.ts'
import type { OperatorMetrics, PaceFigures } from './metrics.ts'
import type { PaceDecision } from './pace/decide-pace.ts'
import { type PolicyFacts, projectPolicy } from './projections.ts'
import { RaisePace } from './raise-pace.ts'
import { refusal, refusedRetryMs } from './refusal.ts'
import { applyPlan, Releaser, type ReleaserOptions } from './releaser.ts'
import { drainPolicies } from './resources.ts'

export interface ReconcilerOptions extends ReleaserOptions {
  clock: Clock
  measurements: Measurements
  metrics: OperatorMetrics
  log: Logger
  serverVersion?: { major: number; minor: number }
}

/** Writing a target may make another decision necessary; more rounds than this wait for the next event. */
const roundsAtMost = 3

/** One reconcile: gather facts, decide, apply. Level-based: nothing here remembers why it was called. */
export class Reconciler {
  readonly #with: ReconcilerOptions
  readonly #raises: RaisePace
  readonly #releaser: Releaser
  #lastId = 0

  constructor(options: ReconcilerOptions) {
    this.#with = options
    this.#raises = new RaisePace(() => options.clock.monotonicMs())
    this.#releaser = new Releaser(options)
  }

  async work(key: string): Promise<WorkResult | void> {
    this.#lastId += 1
    const { kind: what, namespace, name } = parseKey(key)
    const log = this.#with.log.child({ reconcile: this.#lastId, namespace, [what]: name })
    try {
      if (what === 'release') return await this.#releaser.release(namespace, name, log)
      return await this.#policy(namespace, name, log)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      log.warn({ message: error.message }, 'the API server refused the contract')
      return { requeueAfterMs: refusedRetryMs }
    }
  }

  async #policy(namespace: string, name: string, log: Logger): Promise<WorkResult | void> {
    const { world, measurements, metrics, revertWatch, clock, serverVersion, pacer } = this.#with
    for (let round = 1; ; round += 1) {
      const facts = gather(world, measurements, namespace, name)
      if (facts === undefined) return
      if (isNewSpec(facts.policy)) for (const { deployment } of facts.targets) revertWatch.forget(deployment.view.uid)
      const decision = decide(facts, {
        now: new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z'),
        reverted: (uid) => revertWatch.reverted(uid),
        raiseWaits: (uid) => this.#raises.waitMs(uid) > 0,
        pace: (...of) => pacer.decide(facts.policy as ReadablePolicy, ...of),
        ...(serverVersion === undefined ? {} : { serverVersion }),
      })
      for (const { name: target, figures, pace } of decision.targets) {
        metrics.setTarget({ namespace, policy: name, target }, figures)
        metrics.setPace({ namespace, policy: name, target }, pace && figuresOf(pace))
      }
      for (const { name: target } of facts.policy.status.targets ?? []) {
        const still = decision.targets.some((each) => each.name === target)
        if (!still) metrics.forgetTarget({ namespace, policy: name, target })
      }
      const paced = decision.targets.filter(({ pace }) => pace !== undefined)
      pacer.keep(facts.policy.uid, new Set(paced.map(({ deployment }) => deployment.view.uid)))
      if (round < roundsAtMost && actsOnUnwritten(facts.policy, decision)) {
        await this.#report(facts.policy, decision.status, log)
        continue
      }
      const patched = await this.#deliver(facts.policy, decision, log)
      if (patched && round < roundsAtMost) continue
      if (await this.#report(facts.policy, decision.status, log)) await this.#pace(facts.policy, decision)
      return this.#wakeAfter(decision)
    }
  }

  /** When to look again though nothing may have happened. */
  #wakeAfter({ targets }: Decision): WorkResult | void {
    const nowMs = this.#with.clock.now()
    const raises = targets
      .filter(({ paced }) => paced)
      .map(({ deployment }) => this.#raises.waitMs(deployment.view.uid))
    const wakes = targets.flatMap(({ pace }) => (pace?.wakeMs === undefined ? [] : [pace.wakeMs - nowMs]))
    const soonest = Math.min(...wakes, ...(raises.length === 0 ? [] : [Math.max(...raises)]))
    return Number.isFinite(soonest) ? { requeueAfterMs: Math.max(1, soonest) } : undefined
  }

  /**
   * The pace of what status says by now: a crash between the two leaves a record that the next reconcile carries out.
   * @throws KubeError that a write failed with, once the other targets have got theirs
   */
  async #pace(policy: PolicyFacts, { targets }: Decision): Promise<void> {
    const { pacer, announcer } = this.#with
    let failed: KubeError | undefined
    for (const { deployment, pace } of targets) {
      if (pace === undefined) continue
      try {
        const isRolledBack = await pacer.carryOut(policy, deployment, pace)
        if (isRolledBack) announcer.rolledBack(policy, deployment)
      } catch (error) {
        if (!isKubeError(error) || error.code === 'Aborted') throw error
        failed ??= error
      }
    }
    if (failed !== undefined) throw failed
  }

  /**
   * Writes what was decided; true when something was written, so that there is something new to look at.
   * @throws Refused when a target was refused, or the error that a write failed with, once that is told and the other
   * targets have got theirs.
   */
  async #deliver(policy: PolicyFacts, decision: Decision, log: Logger): Promise<boolean> {
    let patched = false
    let failed: KubeError | undefined
    for (const { deployment, patch, status } of decision.targets) {
      if (patch?.body === undefined) continue
      try {
        await applyPlan(this.#with, deployment, patch)
      } catch (error) {
        if (!isKubeError(error) || error.code === 'Aborted') throw error
        failed ??= error
        continue
      }
      patched = true
      this.#raises.wrote(deployment.view.uid)
      this.#with.revertWatch.wrote(deployment.view.uid, patch.fields, heldFields(deployment))
      this.#with.announcer.delivered(policy, deployment, patch, status.contract?.because ?? '')
      log.info({ deployment: deployment.view.name, contract: patch.promises, force: patch.force }, 'contract delivered')
    }
    if (failed === undefined) return patched
    const isRefusal = isKubeError(failed, 'Invalid', 'Forbidden') || isOwnershipConflict(failed)
    // Any other conflict means that the Deployment changed while we looked: its event brings us back.
    if (isRefusal || failed.code !== 'Conflict') {
      const told = await this.#report(policy, refusal(decision.status, policy.status, failed), log)
      if (told) await this.#pace(policy, decision)
    }
    throw isRefusal ? new Refused(failed) : failed
  }

  /** @returns whether status says so now; false when the policy is gone */
  async #report(policy: PolicyFacts, status: DrainPolicyStatus, log: Logger): Promise<boolean> {
    if (isDeepStrictEqual(normalised(status), normalised(policy.status))) return true
    const { api, world, announcer } = this.#with
    const { namespace, name, uid } = policy
    const body = { apiVersion, kind, metadata: { namespace, name, uid }, status }
    const options = { fieldManager, force: true, uid, subresource: 'status' }
    try {
      const written = await api.apply(drainPolicies, { namespace, name }, body, options)
      world.writtenPolicies.remember(`${namespace}/${name}`, projectPolicy(written))
    } catch (error) {
      // Deleted meanwhile: there is nobody to report to. After a conflict (a re-created policy, or a server whose own
      // attempts were used up) we look again.
      if (isKubeError(error, 'NotFound')) return false
      throw error
    }
    announcer.transitions(policy, status)
    const ready = status.conditions?.find(({ type }) => type === 'Ready')
    log.info({ ready: ready?.status, reason: ready?.reason, summary: status.summary }, 'status written')
    return true
  }
}

/** What a write is founded on is in status before it: after a crash the same would be decided again. */
function actsOnUnwritten(policy: PolicyFacts, { targets }: Decision): boolean {
  return targets.some(({ name, patch, status }) => {
    const known = policy.status.targets?.find((target) => target.name === name)
    const isWritten =
      known?.propagation?.history === status.propagation?.history &&
      known?.requestTimeHistory === status.requestTimeHistory &&
      known?.pace?.record === status.pace?.record
    return patch !== undefined && !isWritten
  })
}

/** Ends a reconcile whose write was refused, once that is told. */
class Refused extends Error {
  constructor(cause: KubeError) {
    super(cause.message, { cause })
  }
}

/** Somebody owns a field that we would have written: looking again changes nothing. */
function isOwnershipConflict(error: unknown): error is KubeError {
  return isKubeError(error, 'Conflict') && error.causes.some(({ reason }) => reason === 'FieldManagerConflict')
}

/** List maps have no order of their own: the server keeps the one in which items first came. */
function normalised(status: DrainPolicyStatus): DrainPolicyStatus {
  const byName = <T extends { name: string }>(items: readonly T[]): T[] =>
    [...items].sort((left, right) => (left.name < right.name ? -1 : 1))
  return {
    ...status,
    conditions: [...(status.conditions ?? [])].sort((left, right) => (left.type < right.type ? -1 : 1)),
    targets: byName(status.targets ?? []).map((target) => ({ ...target, services: byName(target.services ?? []) })),
  }
}

function figuresOf({ status, claims }: PaceDecision): PaceFigures {
  return { stepPods: status.stepPods ?? 0, holdSeconds: claims.minReadySeconds ?? 0 }
}
