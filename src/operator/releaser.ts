import type { Logger } from 'pino'
import { fieldManager } from '../api/index.ts'
import { type Plan, planRelease } from '../contract/index.ts'
import { deployments, isKubeError, type KubeApi, type WorkResult } from '../kube/index.ts'
import type { Announcer } from './announcer.ts'
import { isPacing } from './decide.ts'
import { holderOf, isReadable, isTarget, type World } from './gather.ts'
import { type Orphans, releaseDelayMs } from './orphans.ts'
import type { Pacer } from './pace/pacer.ts'
import { type DeploymentFacts, type PolicyFacts, projectDeploymentFacts, projectPolicy } from './projections.ts'
import { drainPolicies } from './resources.ts'
import type { RevertWatch } from './revert-watch.ts'
import { isOrphaned, isPaceOrphaned } from './triggers.ts'

export interface ReleaserOptions {
  api: KubeApi
  world: World
  announcer: Announcer
  orphans: Orphans
  revertWatch: RevertWatch
  pacer: Pacer
}

/** Gives back what no policy asks for any more: a contract after a while, a pace at once. */
export class Releaser {
  readonly #with: ReleaserOptions

  constructor(options: ReleaserOptions) {
    this.#with = options
  }

  /** One look at a Deployment that may have to be given back. */
  async release(namespace: string, name: string, log: Logger): Promise<WorkResult | void> {
    const { orphans, revertWatch, announcer } = this.#with
    await this.#releasePace(namespace, name, log)
    const orphan = this.#orphan(namespace, name)
    if (orphan === undefined) return
    const { uid } = orphan.view
    const waitMs = orphans.remainingMs(uid)
    if (waitMs > 0) return { requeueAfterMs: waitMs }
    if (await this.#isThere(namespace, (policy) => !isReadable(policy) || isTarget(policy, orphan))) {
      orphans.restart(uid)
      return { requeueAfterMs: releaseDelayMs }
    }
    const deployment = this.#orphan(namespace, name)
    if (deployment?.view.uid !== uid) return
    const plan = planRelease(deployment.view)
    await applyPlan(this.#with, deployment, plan)
    revertWatch.forget(uid)
    announcer.released(deployment, plan)
    log.info({ deployment: name }, 'contract released: no policy is for this Deployment')
  }

  /**
   * Nothing stays paused or held for a policy that is not there, or does not pace any more. It is no rollout, so that it
   * waits for nothing but the API server's word.
   */
  async #releasePace(namespace: string, name: string, log: Logger): Promise<void> {
    const { world, pacer } = this.#with
    const paceOrphan = (): DeploymentFacts | undefined => {
      const deployment = this.#deployment(namespace, name)
      return deployment !== undefined && isPaceOrphaned(world, deployment) ? deployment : undefined
    }
    const found = paceOrphan()
    if (found === undefined) return
    const paces = (policy: PolicyFacts): boolean => isReadable(policy) && isPacing(policy) && isTarget(policy, found)
    if (holderOf(world, found) === undefined && (await this.#isThere(namespace, paces))) return
    const deployment = paceOrphan()
    if (deployment === undefined) return
    await pacer.release(deployment)
    log.info({ deployment: name }, 'pace released: no policy paces this Deployment')
  }

  #deployment(namespace: string, name: string): DeploymentFacts | undefined {
    const { world } = this.#with
    return world.writtenDeployments.newest(`${namespace}/${name}`, world.deployments.get(namespace, name))
  }

  /** A Deployment that is to be given back as far as the watches tell. */
  #orphan(namespace: string, name: string): DeploymentFacts | undefined {
    const deployment = this.#deployment(namespace, name)
    return deployment !== undefined && isOrphaned(this.#with.world, deployment) ? deployment : undefined
  }

  /**
   * Whether the API server itself knows such a policy. A watch can be late by minutes without an error: what is not in a
   * cache is no proof that it is not there.
   */
  async #isThere(namespace: string, isSuch: (policy: PolicyFacts) => boolean): Promise<boolean> {
    try {
      const { items } = await this.#with.api.list(drainPolicies, { namespace })
      return items.some((raw) => isSuch(projectPolicy(raw)))
    } catch (error) {
      // The CRD is gone, and with it every policy.
      if (isKubeError(error, 'NotFound')) return false
      throw error
    }
  }
}

/** Carries out a plan for one Deployment, and remembers what came of it until the watch tells. */
export async function applyPlan(
  { api, world }: Pick<ReleaserOptions, 'api' | 'world'>,
  { view }: DeploymentFacts,
  { body, force }: Plan,
): Promise<void> {
  if (body === undefined) return
  const { namespace, name, uid } = view
  const written = await api.apply(deployments, { namespace, name }, body, { fieldManager, force, uid })
  world.writtenDeployments.remember(`${namespace}/${name}`, projectDeploymentFacts(written))
}
