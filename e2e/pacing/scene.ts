import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { serviceManifest, Watched } from '../../src/lab/stage/index.ts'
import { artifactPath } from '../artifact.ts'
import { policyManifest, workloadManifest } from '../manifests.ts'
import type { Bed } from './bed.ts'
import { SceneLoad } from './load.ts'
import { type Moment, Timeline } from './timeline.ts'

/** Deployment, Service and policy of every scene. */
export const name = 'shop'

export interface SceneOptions {
  /** Also the namespace. */
  readonly name: string
  readonly replicas: number
  /** Of the Deployment, as its owner states it. */
  readonly deployment?: Readonly<Record<string, unknown>>
  readonly annotations?: Readonly<Record<string, string>>
  /** Of the first version. */
  readonly env?: Readonly<Record<string, string>>
  readonly memoryLimit?: string
  /** Its pods are not asked whether they are ready before that. @default 0 */
  readonly warmUpSeconds?: number
  /** `spec.pacing` of the policy; null: a policy that paces nothing. */
  readonly pacing: object | null
  /** Server-side apply under this name, as GitOps tools do; absent: `kubectl apply`. */
  readonly manager?: string
}

/**
 * Drains of the same length in every scene, so that only the pace differs; and long enough for a dataplane that shares two
 * processors with everything else.
 */
const contract = {
  requestTime: { source: 'Static', max: '2s' },
  safetyMargin: '1s',
  bounds: { drainDelay: { min: '5s', max: '5s' }, gracePeriod: { min: '30s', max: '60s' } },
}

interface Container {
  env: { name: string; value?: string }[]
  resources: object
  readinessProbe: object
}

interface Template {
  metadata: { annotations?: object }
  spec: {
    replicas: number
    template: { spec: { containers: Container[] } }
  }
}

/** One Deployment in a namespace of its own, with its load and all that was seen of it. */
export class Scene {
  readonly options: SceneOptions
  readonly namespace: string
  readonly watched: Watched
  readonly timeline: Timeline
  readonly load: SceneLoad
  readonly #bed: Bed
  readonly #address: string
  readonly #waiting = new Set<() => void>()

  private constructor(bed: Bed, options: SceneOptions) {
    this.#bed = bed
    this.options = options
    this.namespace = `pacing-${options.name}`
    this.#address = bed.serviceAddress()
    this.watched = new Watched(bed.transport, this.namespace, true)
    this.timeline = new Timeline(this.watched, name)
    this.load = new SceneLoad(bed.agents, this.namespace, this.#address)
    for (const reflector of [this.watched.deployments, this.watched.policies])
      reflector?.onEvent(() => {
        for (const wake of this.#waiting) wake()
      })
  }

  /** Makes everything, and waits until every pod carries the contract. Needs an operator that runs. */
  static async open(bed: Bed, options: SceneOptions): Promise<Scene> {
    const scene = new Scene(bed, options)
    const { kubectl } = bed
    await kubectl.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: scene.namespace } })
    const service = serviceManifest(name, scene.namespace)
    await kubectl.apply({ ...service, spec: { ...(service['spec'] as object), clusterIP: scene.#address } })
    await scene.watched.start()
    // With no pods yet, the contract needs no rollout. Who applies a whole manifest keeps its number of pods.
    const late = options.manager === undefined
    await scene.#apply(scene.manifest(options.env, late ? 0 : options.replicas))
    await scene.pace(null)
    if (late) {
      await scene.until(
        'the contract is written',
        () =>
          scene.watched.policy(name)?.status.targets?.[0]?.contract !== undefined &&
          scene.timeline.last?.managers.includes('drainkeeper') === true,
        30,
      )
      await scene.kubectl('scale', `deployment/${name}`, `--replicas=${options.replicas}`)
    }
    await scene.until('the contract is delivered', () => scene.#onContract(), 180)
    if (options.pacing !== null) await scene.pace(options.pacing)
    return scene
  }

  /** Writes the policy with this `spec.pacing`, and waits until the operator has read it. */
  async pace(pacing: object | null): Promise<void> {
    const policy = policyManifest(name, {
      targetRef: { name },
      contract,
      propagation: { initial: '5s' },
      ...(pacing === null ? {} : { pacing }),
    })
    await this.#bed.kubectl.apply({ ...policy, metadata: { name, namespace: this.namespace } })
    const isRead = (): boolean => {
      const { generation = 0, status } = this.watched.policy(name) ?? {}
      return generation > 0 && status?.observedGeneration === generation
    }
    await this.until(
      'the policy is read',
      () => isRead() && (pacing === null || this.timeline.last?.pace !== undefined),
      60,
    )
  }

  /** The Deployment with this environment, as its owner would write it. */
  manifest(env: Readonly<Record<string, string>> = {}, replicas: number = this.options.replicas): object {
    const { deployment = {}, annotations = {}, memoryLimit, warmUpSeconds = 0 } = this.options
    const base = workloadManifest({
      name,
      image: this.#bed.image,
      replicas,
      drained: true,
      namespace: this.namespace,
    }) as unknown as Template
    const [container] = base.spec.template.spec.containers
    container?.env.push(...Object.entries(env).map(([key, value]) => ({ name: key, value })))
    if (container !== undefined && warmUpSeconds > 0)
      container.readinessProbe = { ...container.readinessProbe, initialDelaySeconds: warmUpSeconds }
    // Twenty pods have to fit on two nodes that share two processors.
    const resources = { requests: { cpu: '10m', memory: '32Mi' } }
    if (container !== undefined)
      container.resources = memoryLimit === undefined ? resources : { ...resources, limits: { memory: memoryLimit } }
    return {
      ...base,
      metadata: { ...base.metadata, annotations },
      spec: { ...base.spec, ...deployment },
    }
  }

  async #apply(manifest: object): Promise<void> {
    const { manager } = this.options
    const how = manager === undefined ? [] : ['--server-side', `--field-manager=${manager}`]
    await this.#bed.kubectl.run(['apply', ...how, '-f', '-'], JSON.stringify(manifest))
  }

  #onContract(): boolean {
    const target = this.watched.policy(name)?.status.targets?.[0]
    const { pods } = target ?? {}
    const { replicas } = this.options
    return (
      pods !== undefined &&
      pods.total === replicas &&
      pods.onContract === replicas &&
      pods.terminating === 0 &&
      this.watched.podsOf(name).length === replicas &&
      this.settled
    )
  }

  /** Every replica is of the present template and available, and no other is left. */
  get settled(): boolean {
    return this.watched.rolledOut(name, 0)
  }

  /** A new version, by its environment: what its owner types, or what the GitOps tool applies. Returns when. */
  async change(env: Readonly<Record<string, string>>): Promise<number> {
    const { manager } = this.options
    if (manager === undefined) await this.kubectl('set', 'env', `deployment/${name}`, ...pairs(env))
    else await this.#apply(this.manifest(env))
    const changedMs = Date.now()
    const generation = this.timeline.last?.generation ?? 0
    await this.until('the change is seen', ({ generation: now }) => now >= generation, 10)
    return changedMs
  }

  /** `kubectl --namespace ... ARGUMENTS`, as a person types it. */
  kubectl(...parameters: string[]): Promise<string> {
    return this.#bed.kubectl.run(['-n', this.namespace, ...parameters])
  }

  /** Resolves with the moment at which it holds. @throws Error when that takes too long */
  async until(what: string, holds: (now: Moment) => boolean, timeoutSeconds: number): Promise<Moment> {
    const found = await this.within(holds, timeoutSeconds)
    if (found !== undefined) return found
    const last = this.timeline.last
    throw new Error(`${this.namespace}: ${what}: not within ${timeoutSeconds} s; last seen ${JSON.stringify(last)}`)
  }

  /** The same, but undefined when it takes too long. */
  async within(holds: (now: Moment) => boolean, timeoutSeconds: number): Promise<Moment | undefined> {
    const deadlineMs = performance.now() + timeoutSeconds * 1000
    for (;;) {
      this.#bed.signal.throwIfAborted()
      const now = this.timeline.last
      if (now !== undefined && holds(now)) return now
      if (performance.now() > deadlineMs) return undefined
      // Pods have no part in the timeline: what depends on them is looked at twice a second.
      const woken = new AbortController()
      const wake = (): void => woken.abort()
      this.#waiting.add(wake)
      await sleep(500, undefined, { signal: woken.signal }).catch(() => undefined)
      this.#waiting.delete(wake)
    }
  }

  async pause(seconds: number): Promise<void> {
    await sleep(seconds * 1000, undefined, { signal: this.#bed.signal })
  }

  /** Events on the policy and the Deployment, by reason. */
  async events(): Promise<Map<string, string[]>> {
    const { items } = JSON.parse(await this.kubectl('get', 'events', '-o', 'json')) as {
      items: { reason?: string; message?: string }[]
    }
    const found = new Map<string, string[]>()
    for (const { reason = '', message = '' } of items) found.set(reason, [...(found.get(reason) ?? []), message])
    return found
  }

  /** Ends the load and the watches, keeps what was seen in artifacts/, and has the namespace deleted. */
  async close(): Promise<void> {
    const lines = this.timeline.moments.map((moment) => JSON.stringify(moment))
    writeFileSync(artifactPath(`${this.namespace}.jsonl`), `${lines.join('\n')}\n`)
    await this.load.stop().catch(() => undefined)
    await this.watched.stop().catch(() => undefined)
    await this.#bed.kubectl.attempt(['delete', 'namespace', this.namespace, '--wait=false'])
  }
}

const pairs = (env: Readonly<Record<string, string>>): string[] =>
  Object.entries(env).map(([key, value]) => `${key}=${value}`)
