import { deployments, type KubeObject } from '../../../kube/index.ts'
import type { ControllerContext, Note } from '../shared/controller.ts'
import type { Deployment, DeploymentStatus, ReplicaSet } from '../shared/objects.ts'
import { replicaSets } from '../shared/resources.ts'
import { isSameStatus } from '../shared/status.ts'
import { includes, revisionKey, sizeAnnotations } from './revisions.ts'
import type { Scaling } from './rolling-update.ts'

/**
 * What the controller writes for one Deployment during one sync. Everything is written over exactly the version that was
 * decided on: whoever was faster makes it fail (Conflict), and the sync is done again.
 */
export class DeploymentWrites {
  readonly #context: ControllerContext
  #deployment: Deployment
  #hasReported = false
  /** The latest known version of each ReplicaSet that was written. */
  readonly #written = new Map<string, ReplicaSet>()

  constructor(context: ControllerContext, deployment: Deployment) {
    this.#context = context
    this.#deployment = deployment
  }

  /** As it is after the writes so far. */
  get deployment(): Deployment {
    return this.#deployment
  }

  /** Whether a status was written. */
  get hasReported(): boolean {
    return this.#hasReported
  }

  /** A ReplicaSet as it is after the writes so far. */
  latest(replicaSet: ReplicaSet): ReplicaSet {
    return this.#written.get(replicaSet.metadata.name) ?? replicaSet
  }

  /** Status, and the revision with it; no write when they are so already. */
  async report(status: DeploymentStatus, revision?: string): Promise<void> {
    const { metadata } = this.#deployment
    const isRevised = revision !== undefined && metadata.annotations?.[revisionKey] !== revision
    if (!isRevised && isSameStatus(this.#deployment.status, status)) return
    this.#hasReported = true
    const annotations = isRevised ? { ...metadata.annotations, [revisionKey]: revision } : undefined
    this.#deployment = await this.#context.api.replace<Deployment>(
      deployments,
      {
        ...this.#deployment,
        metadata: annotations === undefined ? metadata : { ...metadata, annotations },
        status,
      },
      { subresource: 'status' },
    )
  }

  /**
   * Sizes a ReplicaSet, and remembers for what size of the Deployment that was.
   * @returns whether its size changed.
   */
  async scale({ replicaSet, to }: Scaling): Promise<boolean> {
    const present = this.latest(replicaSet)
    const from = present.spec.replicas ?? 1
    const annotations = sizeAnnotations(this.#deployment)
    if (from === to && includes(present.metadata.annotations, annotations)) return false
    await this.replaceReplicaSet({
      ...present,
      metadata: { ...present.metadata, annotations: { ...present.metadata.annotations, ...annotations } },
      spec: { ...present.spec, replicas: to },
    })
    if (from === to) return false
    this.#scaled(from < to ? 'up' : 'down', replicaSet, from, to)
    return true
  }

  /** All of these, in their order. @returns whether any size changed. */
  async scaleAll(steps: readonly Scaling[]): Promise<boolean> {
    let changed = false
    for (const step of steps) changed = (await this.scale(step)) || changed
    return changed
  }

  async replaceReplicaSet(replicaSet: ReplicaSet): Promise<ReplicaSet> {
    const written = await this.#context.api.replace<ReplicaSet>(replicaSets, replicaSet)
    this.#written.set(written.metadata.name, written)
    return written
  }

  /** @throws KubeError Conflict when there is one of this name. */
  async createReplicaSet(replicaSet: ReplicaSet): Promise<ReplicaSet> {
    const created = await this.#context.api.create<ReplicaSet>(replicaSets, replicaSet)
    const to = created.spec.replicas ?? 0
    if (to > 0) this.#scaled('up', created, 0, to)
    return created
  }

  record(note: Note): void {
    this.#context.record(deployments, this.#deployment, note)
  }

  #scaled(direction: 'up' | 'down', { metadata }: KubeObject, from: number, to: number): void {
    this.record({
      type: 'Normal',
      reason: 'ScalingReplicaSet',
      note: `Scaled ${direction} replica set ${metadata.name} from ${from} to ${to}`,
    })
  }
}
