import { deployments, type KubeObject, pods, type Resource } from '../../src/kube/index.ts'
import { at, type Fields } from './data.ts'
import { replicaSets } from './objects.ts'
import { lookEveryMs, type Scene } from './scene.ts'
import type { Watching } from './watching.ts'

const restSeconds = 40

/**
 * The Deployments, ReplicaSets and pods of a case, as controllers change them, and the kubelet's part played by the
 * case: pods run when it says so. So every step of a rollout waits for the case, and has one outcome.
 */
export class Played {
  readonly #scene: Scene
  readonly #watches: readonly Watching[]
  readonly #names: string[] = []

  private constructor(scene: Scene, watches: readonly Watching[]) {
    this.#scene = scene
    this.#watches = watches
  }

  static async open(scene: Scene): Promise<Played> {
    const watches = await Promise.all([deployments, replicaSets, pods].map((resource) => scene.watch(resource)))
    return new Played(scene, watches)
  }

  deployment(name = 'web'): KubeObject | undefined {
    return this.#state(0).find(({ metadata }) => metadata.name === name)
  }

  /** In the order in which they were made. */
  replicaSets(): readonly KubeObject[] {
    const known = this.#state(1)
    for (const { metadata } of known) if (!this.#names.includes(metadata.name)) this.#names.push(metadata.name)
    return known.toSorted((a, b) => this.#names.indexOf(a.metadata.name) - this.#names.indexOf(b.metadata.name))
  }

  pods(): readonly KubeObject[] {
    return this.#state(2)
  }

  /** The pods of the newest ReplicaSet that are not ready. */
  waiting(set?: KubeObject): readonly KubeObject[] {
    const owner = set ?? this.replicaSets().findLast((one) => Number(at(one, 'spec.replicas')) > 0)
    return this.pods().filter((pod) => owned(pod, owner) && !isReady(pod))
  }

  /** Makes pods ready, or not, as a kubelet would. */
  async ready(these: readonly KubeObject[], ready = true): Promise<void> {
    for (const pod of these) await this.mark(pod.metadata.name, ready)
  }

  async mark(name: string, ready: boolean, more: Fields = {}): Promise<void> {
    const now = new Date().toISOString().replace(/\.\d+Z/, 'Z')
    const status = ready ? 'True' : 'False'
    const conditions = ['Ready', 'ContainersReady'].map((type) => ({ type, status, lastTransitionTime: now }))
    await this.#scene.quietly('PATCH', this.#scene.path(pods, name, 'status'), {
      headers: { 'content-type': 'application/strategic-merge-patch+json' },
      body: {
        status: { phase: 'Running', podIP: addressOf(name), podIPs: [{ ip: addressOf(name) }], conditions, ...more },
      },
    })
  }

  /**
   * Nothing happens any more, and every status tells the present. Looks are counted, not time: on a machine that stands
   * still, the controllers have not had theirs either.
   */
  async rest(): Promise<void> {
    const enough = Math.ceil(this.#scene.target.quietMs / lookEveryMs)
    let quiet = 0
    let before = this.#eventCount()
    await this.#scene.eventually(
      'the controllers come to rest',
      () => {
        const count = this.#eventCount()
        quiet = count === before && this.#upToDate() ? quiet + 1 : 0
        before = count
        return quiet >= enough ? true : undefined
      },
      restSeconds,
    )
  }

  #upToDate(): boolean {
    const [all, sets] = [this.#state(0), this.#state(1)]
    const observed = [...all, ...sets].every(
      (object) => at(object, 'status.observedGeneration') === object.metadata.generation,
    )
    return (
      observed &&
      sets.every((set) => {
        const pods = this.pods().filter((pod) => owned(pod, set) && pod.metadata.deletionTimestamp === undefined)
        return counted(set, 'replicas') === pods.length && counted(set, 'readyReplicas') === pods.filter(isReady).length
      }) &&
      all.every((deployment) => {
        const its = sets.filter((set) => owned(set, deployment))
        return (['replicas', 'readyReplicas', 'availableReplicas'] as const).every(
          (count) => counted(deployment, count) === its.reduce((sum, set) => sum + counted(set, count), 0),
        )
      })
    )
  }

  /** What a rollout is judged by. */
  state(name = 'web'): Fields {
    const sets = this.replicaSets().map((set) => ({
      name: `rs${this.#names.indexOf(set.metadata.name) + 1}`,
      replicas: at(set, 'spec.replicas'),
      ready: at(set, 'status.readyReplicas') ?? 0,
      available: at(set, 'status.availableReplicas') ?? 0,
      revision: annotation(set, 'revision'),
    }))
    const status = at(this.deployment(name), 'status') as Fields | undefined
    const { observedGeneration: _generation, conditions, ...counts } = status ?? {}
    const { Progressing, ...others } = conditionsOf(conditions)
    return {
      sets,
      counts,
      conditions: { ...others, ...(Progressing === undefined ? {} : { Progressing: progress(Progressing) }) },
    }
  }

  /** In one line: new replicas, old replicas, available. */
  line(): string {
    const sets = this.replicaSets()
    const count = (set: KubeObject | undefined): number => Number(at(set, 'spec.replicas') ?? 0)
    const newest = sets.at(-1)
    const old = sets.slice(0, -1).reduce((sum, set) => sum + count(set), 0)
    return `new ${count(newest)} old ${old} available ${Number(at(this.deployment(), 'status.availableReplicas') ?? 0)}`
  }

  #eventCount(): number {
    return this.#watches.reduce((sum, watch) => sum + watch.events.length, 0)
  }

  #state(index: number): readonly KubeObject[] {
    const objects = new Map<string, KubeObject>()
    for (const { type, object } of this.#watches[index]?.events ?? []) {
      if (type === 'DELETED') objects.delete(object.metadata.name)
      else if (type !== 'BOOKMARK') objects.set(object.metadata.name, object)
    }
    return [...objects.values()]
  }
}

/** Which of the two a rollout says hangs on whether the controller looked between the new ReplicaSet and its first pod. */
const progress = (told: unknown): unknown => (told === 'True NewReplicaSetCreated' ? 'True ReplicaSetUpdated' : told)

function counted(object: KubeObject, count: 'replicas' | 'readyReplicas' | 'availableReplicas'): number {
  return Number(at(object, `status.${count}`) ?? 0)
}

export function owned(pod: KubeObject, owner: KubeObject | undefined): boolean {
  return pod.metadata.ownerReferences?.some(({ uid }) => uid === owner?.metadata.uid) ?? false
}

export function isReady(pod: KubeObject): boolean {
  const conditions = at(pod, 'status.conditions')
  return (
    Array.isArray(conditions) &&
    conditions.some((one: unknown) => at(one, 'type') === 'Ready' && at(one, 'status') === 'True')
  )
}

/** Conditions as `True Reason`, by type. */
export function conditionsOf(conditions: unknown): Fields {
  if (!Array.isArray(conditions)) return {}
  return Object.fromEntries(
    conditions.map((one: unknown) => [
      String(at(one, 'type')),
      [at(one, 'status'), at(one, 'reason')].filter(Boolean).join(' '),
    ]),
  )
}

export function annotation(object: KubeObject, name: string): string | undefined {
  return object.metadata.annotations?.[`deployment.kubernetes.io/${name}`]
}

/** An address that only this pod has, within the case. */
function addressOf(name: string): string {
  let hash = 7
  for (const letter of name) hash = (hash * 31 + letter.charCodeAt(0)) % 62_000
  return `10.99.${Math.floor(hash / 250)}.${(hash % 250) + 1}`
}

/** Everything of one kind, by name. */
export async function listed(c: Scene, resource: Resource): Promise<readonly KubeObject[]> {
  const { body } = await c.quietly('GET', c.path(resource))
  return (at(body, 'items') as KubeObject[]).toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
}
