import type { ApiServerLike } from '../../../src/cluster/api-server/index.ts'
import {
  type Clock,
  createKubeApi,
  endpointSlices,
  isKubeError,
  type KubeApi,
  type KubeObject,
  pods,
  services,
  type Timer,
} from '../../../src/kube/index.ts'
import type { Seeded } from '../time/seeded.ts'
import { namespace } from './manifest.ts'
import { isReady, isTerminating, type RawPod, type RawService, type RawTemplate } from './raw.ts'
import { Rollouts } from './rollouts.ts'

export interface ControllersOptions {
  server: ApiServerLike
  clock: Clock
  random: Seeded
}

/** The controller manager, in as few words and requests as thousands of histories allow: rollouts, and a slice for each Service. */
export class Controllers {
  readonly #options: ControllersOptions
  readonly #api: KubeApi
  readonly #scheduled = new Set<string>()
  readonly #rollouts: Rollouts
  /** When to look at a Deployment again though nothing was written. */
  readonly #waking = new Map<string, Timer>()

  constructor(options: ControllersOptions) {
    this.#options = options
    this.#api = createKubeApi(options.server.client('kube-controller-manager'))
    this.#rollouts = new Rollouts({ ...options, again: (name, afterMs) => this.#wake(name, afterMs) })
    options.server.onWrite(({ resource, object }) => {
      if (resource.plural === 'deployments') this.#look('deployment', object.metadata.name)
      if (resource.plural === 'pods') {
        this.#look('deployment', object.metadata.labels?.['app'] ?? '')
        for (const { metadata } of this.#services()) this.#look('slice', metadata.name)
      }
      if (resource.plural === 'services') this.#look('slice', object.metadata.name)
    })
  }

  /** Nothing waits to be looked at. */
  get idle(): boolean {
    return this.#scheduled.size === 0
  }

  /** The template before the present one, as `kubectl rollout undo` takes it. */
  previousTemplate(uid: string): RawTemplate | undefined {
    return this.#rollouts.previousTemplate(uid)
  }

  #wake(name: string, afterMs: number): void {
    this.#waking.get(name)?.cancel()
    this.#waking.delete(name)
    if (afterMs === 0) this.#look('deployment', name)
    else
      this.#waking.set(
        name,
        this.#options.clock.setTimeout(() => this.#look('deployment', name), afterMs),
      )
  }

  #look(what: 'deployment' | 'slice', name: string): void {
    const key = `${what} ${name}`
    if (this.#scheduled.has(key)) return
    this.#scheduled.add(key)
    this.#options.clock.setTimeout(
      () => {
        this.#scheduled.delete(key)
        void (what === 'slice' ? this.#slice(name) : this.#rollouts.sync(name))
      },
      this.#options.random.int(5, 80),
    )
  }

  async #slice(name: string): Promise<void> {
    const service = this.#get(services, name) as RawService | undefined
    const present = this.#get(endpointSlices, `${name}-slice`)
    if (service?.spec.selector === undefined) {
      if (present !== undefined) {
        await quietly(this.#api.delete(endpointSlices, { namespace, name: `${name}-slice` }))
      }
      return
    }
    const selector = Object.entries(service.spec.selector)
    const endpoints = (this.#options.server.objects(pods, namespace) as RawPod[])
      .filter(({ metadata }) => selector.every(([key, value]) => metadata.labels?.[key] === value))
      .map((pod) => ({
        addresses: ['10.0.0.1'],
        targetRef: { kind: 'Pod', namespace, name: pod.metadata.name, uid: pod.metadata.uid },
        conditions: {
          ready: service.spec.publishNotReadyAddresses === true || (isReady(pod) && !isTerminating(pod)),
          serving: isReady(pod),
          terminating: isTerminating(pod),
        },
      }))
    const slice = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { namespace, name: `${name}-slice`, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      endpoints,
    }
    if (present === undefined) await quietly(this.#api.create(endpointSlices, slice))
    else if (JSON.stringify((present as { endpoints?: unknown }).endpoints) !== JSON.stringify(endpoints)) {
      await quietly(this.#api.mergePatch(endpointSlices, { namespace, name: slice.metadata.name }, { endpoints }))
    }
  }

  #services(): readonly KubeObject[] {
    return this.#options.server.objects(services, namespace)
  }

  #get(resource: Parameters<ApiServerLike['objects']>[0], name: string): KubeObject | undefined {
    return this.#options.server.objects(resource, namespace).find(({ metadata }) => metadata.name === name)
  }
}

/** What was changed or deleted meanwhile is looked at again anyway. */
async function quietly(call: Promise<unknown>): Promise<void> {
  try {
    await call
  } catch (error) {
    if (!isKubeError(error, 'NotFound', 'Conflict')) throw error
  }
}
