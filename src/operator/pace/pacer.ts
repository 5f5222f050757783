import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import type { Pacing, PaceStatus } from '../../api/index.ts'
import { type Clock, deployments, isKubeError, type KubeApi, type KubeObject } from '../../kube/index.ts'
import { decodeRecord, type PaceClaims, resumeCommand, rolls } from '../../pacing/index.ts'
import { isPacing } from '../decide.ts'
import { indexes, isReadable, type ReadablePolicy, type TargetFacts, type World } from '../gather.ts'
import { type DeploymentFacts, projectDeploymentFacts } from '../projections.ts'
import { refusedRetryMs } from '../refusal.ts'
import { decidePace, type PaceDecision } from './decide-pace.ts'
import { claimsDiffer, PACE_MANAGER, paceBody } from './pace-apply.ts'
import { pacedDeployment } from './paced-deployment.ts'
import { listRevisions, newestWithTemplate } from './revisions.ts'
import { rollBack } from './rollback.ts'
import { type Place, RolloutGroups } from './rollout-groups.ts'
import type { SightKey, Sights } from './sight.ts'

export interface PacerOptions {
  api: KubeApi
  clock: Clock
  world: World
  sights: Sights
  log: Logger
  /** A policy is to be looked at: a place in its group is free, or there is something to tell. */
  wake: (policy: { namespace: string; name: string }) => void
}

const notPaced: PaceDecision = {
  status: { phase: 'NotPaced', message: 'strategy Recreate has no steps: not paced' },
  claims: {},
  epoch: undefined,
  rolling: false,
}

/** How often one claim is written to a Deployment whose status moves, before all of it is looked at again. */
const attemptsAtMost = 8

/** The pace of rollouts, within a reconcile: decides before status is written, and acts after it. */
export class Pacer {
  readonly #with: PacerOptions
  readonly #groups = new RolloutGroups()
  /** What each policy, by uid, has followed, by the uids of Deployments. */
  readonly #followed = new Map<string, Set<string>>()
  /** What the API server said of our last write, by the uid of the Deployment, where it was refused. */
  readonly #refused = new Map<string, string>()

  constructor(options: PacerOptions) {
    this.#with = options
  }

  decide(
    policy: ReadablePolicy,
    pacing: Pacing,
    target: TargetFacts,
    known: PaceStatus | undefined,
    drainRaiseInForce: number,
  ): PaceDecision {
    const { clock, sights } = this.#with
    const { deployment, pods, services } = target
    const key = keyOf(policy, deployment)
    if (deployment.pace.strategy === 'Recreate') {
      this.#stop(key)
      return this.#told(deployment, notPaced)
    }
    this.#followed.set(policy.uid, (this.#followed.get(policy.uid) ?? new Set()).add(key.deploymentUid))
    const sight = sights.look(key, deployment.pace.revisionId)
    const nowMs = clock.now()
    const facts = pacedDeployment(deployment, pods, sight ?? {}, nowMs)
    const place = this.#place(policy, deployment, rolls(facts, decodeRecord(known?.record)?.state), known, nowMs)
    const decision = decidePace({ pacing, known, facts, sight, place, drainRaiseInForce, nowMs })
    const { namespace, name } = deployment.view
    const service = pacing.prometheus?.service ?? services[0]?.name
    sights.follow(
      {
        ...key,
        namespace,
        policy: policy.name,
        deployment: name,
        templateId: deployment.pace.templateId,
        revisionId: deployment.pace.revisionId,
        selector: deployment.selector,
        podLabels: deployment.podLabels,
        ...(service === undefined ? {} : { service }),
        ...(deployment.pace.drainPort === undefined ? {} : { drainPort: deployment.pace.drainPort }),
        pacing,
      },
      decision.epoch,
    )
    return this.#told(deployment, decision)
  }

  /**
   * Carries out what status says by now. What is refused is told by the next decision, which follows.
   * @returns whether the last healthy template was put back
   * @throws KubeError Conflict when the Deployment has changed meanwhile: to be decided anew
   */
  async carryOut(
    policy: { namespace: string; name: string },
    deployment: DeploymentFacts,
    { claims, rollbackTo }: PaceDecision,
  ): Promise<boolean> {
    const { uid } = deployment.view
    try {
      if (claimsDiffer(deployment.pace, claims)) await this.#apply(deployment, claims)
      const rolledBack = rollbackTo !== undefined && (await this.#rollBack(deployment, rollbackTo))
      if (this.#refused.delete(uid)) this.#with.wake(policy)
      return rolledBack
    } catch (error) {
      if (!isKubeError(error, 'Invalid', 'Forbidden')) throw error
      // The first words stay: some are other ones each time, and each would be a status, and with that another look.
      if (this.#refused.has(uid)) return false
      const words = `${error.status ?? error.code} ${error.serverMessage ?? ''}`.trim().slice(0, 1024)
      this.#refused.set(uid, words)
      this.#with.log.warn({ namespace: policy.namespace, deployment: deployment.view.name, words }, 'pace refused')
      this.#with.wake(policy)
      return false
    }
  }

  /** A decision says what to do, where somebody has to, and what stands in its way, which is tried again all the same. */
  #told({ view }: DeploymentFacts, decision: PaceDecision): PaceDecision {
    const refused = this.#refused.get(view.uid)
    const { status, wakeMs = Number.POSITIVE_INFINITY } = decision
    const message = [status.message, ...cureOf(view, decision)].join('; ')
    if (refused === undefined) return { ...decision, status: { ...status, message } }
    const told = `${message}; not in force, as the API server refused it: ${refused}`
    const retryMs = this.#with.clock.now() + refusedRetryMs
    return { ...decision, refused: true, status: { ...status, message: told }, wakeMs: Math.min(wakeMs, retryMs) }
  }

  /** Gives every field back. */
  async release(deployment: DeploymentFacts): Promise<void> {
    await this.#apply(deployment, {})
  }

  /** Of this policy exactly these Deployments, by uid, are paced: nothing else is watched for it, or has a place. */
  keep(policyUid: string, deploymentUids: ReadonlySet<string>): void {
    for (const deploymentUid of this.#followed.get(policyUid) ?? []) {
      if (!deploymentUids.has(deploymentUid)) this.#stop({ policyUid, deploymentUid })
    }
  }

  #stop({ policyUid, deploymentUid }: SightKey): void {
    this.#with.sights.stop({ policyUid, deploymentUid })
    this.#groups.forget(memberKey(policyUid, deploymentUid))
    this.#refused.delete(deploymentUid)
    const followed = this.#followed.get(policyUid)
    followed?.delete(deploymentUid)
    if (followed?.size === 0) this.#followed.delete(policyUid)
  }

  /**
   * A Deployment that rolls has its status written many times a second, and each is another resourceVersion. Where nothing
   * but that has moved, what was decided holds, and is written to the present one: the first hold of a rollout must not
   * wait for a quiet moment.
   */
  async #apply(deployment: DeploymentFacts, claims: PaceClaims): Promise<void> {
    const { api, world, log } = this.#with
    const { namespace, name, uid } = deployment.view
    let { resourceVersion } = deployment
    for (let attempt = 1; ; attempt += 1) {
      const body = paceBody({ namespace, name, uid, resourceVersion }, claims)
      // By force, since what others state is never claimed: what is overcome are defaults, at this very resourceVersion.
      const options = { fieldManager: PACE_MANAGER, force: true, uid }
      try {
        const written = await api.apply(deployments, { namespace, name }, body, options)
        world.writtenDeployments.remember(`${namespace}/${name}`, projectDeploymentFacts(written))
        log.info({ namespace, deployment: name, claims }, 'pace written')
        return
      } catch (error) {
        if (attempt === attemptsAtMost || !isKubeError(error, 'Conflict')) throw error
        const live = await api.get<KubeObject>(deployments, { namespace, name }).catch(() => undefined)
        const now = live && projectDeploymentFacts(live)
        if (now === undefined || !isSamePace(now, deployment)) throw error
        resourceVersion = now.resourceVersion
      }
    }
  }

  async #rollBack(deployment: DeploymentFacts, templateId: string): Promise<boolean> {
    const { api, log } = this.#with
    const { namespace, name } = deployment.view
    const revision = newestWithTemplate(await listRevisions(api, deployment), templateId)
    if (revision === undefined) {
      log.warn({ namespace, deployment: name }, 'no ReplicaSet has the template that was healthy: not rolled back')
      return false
    }
    await rollBack(api, deployment, revision.template)
    log.info({ namespace, deployment: name, revision: revision.revision }, 'rolled back')
    return true
  }

  #place(
    policy: ReadablePolicy,
    deployment: DeploymentFacts,
    wants: boolean,
    known: PaceStatus | undefined,
    nowMs: number,
  ): Place | undefined {
    const group = policy.spec.pacing?.rolloutGroup
    if (group === undefined) return undefined
    const groupKey = `${policy.namespace}/${group.name}`
    const key = memberKey(policy.uid, deployment.view.uid)
    if (!wants) {
      const left = this.#groups.leave(groupKey, key)
      if (left) for (const member of this.#policiesOf(policy.namespace, group.name)) this.#with.wake(member)
      return undefined
    }
    const recorded = decodeRecord(known?.record)?.group
    const others = this.#members(policy.namespace, group.name)
    others.delete(key)
    return this.#groups.ask({ group: groupKey, key, budget: group.budget, recorded, others, nowMs })
  }

  /** The members of a group, with the places that their records tell of. */
  #members(namespace: string, group: string): Map<string, Place | undefined> {
    const targets = this.#policiesOf(namespace, group).flatMap(({ uid: policyUid, status }) =>
      (status.targets ?? []).map(({ uid = '', pace }): [string, Place | undefined] => [
        memberKey(policyUid, uid),
        decodeRecord(pace?.record)?.group,
      ]),
    )
    return new Map(targets)
  }

  #policiesOf(namespace: string, group: string): ReadablePolicy[] {
    const { world } = this.#with
    return world.policies
      .byIndex(indexes.byNamespace, namespace)
      .map((cached) => world.writtenPolicies.newest(`${namespace}/${cached.name}`, cached) ?? cached)
      .filter(isReadable)
      .filter((policy) => isPacing(policy) && policy.spec.pacing?.rolloutGroup?.name === group)
  }
}

function keyOf(policy: { uid: string }, deployment: DeploymentFacts): SightKey {
  return { policyUid: policy.uid, deploymentUid: deployment.view.uid }
}

function memberKey(policyUid: string, deploymentUid: string): string {
  return `${policyUid}/${deploymentUid}`
}

/** What ends a pause. kubectl refuses to undo what is paused. */
function cureOf({ namespace, name }: DeploymentFacts['view'], { status: { phase }, claims }: PaceDecision): string[] {
  const resume = resumeCommand(namespace, name)
  if (phase === 'PausedByUser') return [`it goes on with: ${resume}`]
  if (claims.paused !== true) return []
  return [
    `put the version of before back, or ship a fix: either ends the pause. To go on as it is, or before kubectl rollout undo: ${resume}`,
  ]
}

/** Nobody has changed what a decision on the pace is founded on, besides the progress of the rollout. */
function isSamePace(now: DeploymentFacts, { view, pace, rollout }: DeploymentFacts): boolean {
  const founded = ({ strategy, live, ours, taken, revisionId }: DeploymentFacts['pace']): unknown[] => [
    strategy,
    live,
    ours,
    taken,
    revisionId,
  ]
  const same = now.view.uid === view.uid && now.rollout.desired === rollout.desired
  return same && isDeepStrictEqual(founded(now.pace), founded(pace))
}
