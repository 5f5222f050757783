import type { ApiServerLike } from '../../../src/cluster/api-server/index.ts'
import {
  type Clock,
  createKubeApi,
  deployments,
  endpointSlices,
  isKubeError,
  type KubeApi,
  type KubeObject,
  pods,
  services,
} from '../../../src/kube/index.ts'
import { hashOf, type Seeded } from '../time/seeded.ts'
import { namespace } from './manifest.ts'
import { isReady, isTerminating, type RawDeployment, type RawPod, type RawService, type RawTemplate } from './raw.ts'

export interface ControllersOptions {
  server: ApiServerLike
  clock: Clock
  random: Seeded
}

/**
 * What a rollout needs of the controller manager, in as few words and requests as thousands of histories allow: one more
 * pod than asked for while a rollout lasts, none less; a slice for each Service. ReplicaSets are only names and revisions.
 */
export class Controllers {
  readonly #options: ControllersOptions
  readonly #api: KubeApi
  readonly #scheduled = new Set<string>()
  /** Templates of each Deployment, by uid: the newest last, as revisions are. */
  readonly #revisions = new Map<string, { hash: string; template: RawTemplate }[]>()
  #created = 0

  constructor(options: ControllersOptions) {
    this.#options = options
    this.#api = createKubeApi(options.server.client('kube-controller-manager'))
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

  /** How many different templates a Deployment has had: ReplicaSets. */
  revisions(uid: string): number {
    return this.#revisions.get(uid)?.length ?? 0
  }

  /** The template before the present one, as `kubectl rollout undo` takes it. */
  previousTemplate(uid: string): RawTemplate | undefined {
    return this.#revisions.get(uid)?.at(-2)?.template
  }

  #look(what: 'deployment' | 'slice', name: string): void {
    const key = `${what} ${name}`
    if (this.#scheduled.has(key)) return
    this.#scheduled.add(key)
    this.#options.clock.setTimeout(
      () => {
        this.#scheduled.delete(key)
        void (what === 'slice' ? this.#slice(name) : this.#deployment(name))
      },
      this.#options.random.int(5, 80),
    )
  }

  async #deployment(name: string): Promise<void> {
    const deployment = this.#get(deployments, name) as RawDeployment | undefined
    const all = (this.#options.server.objects(pods, namespace) as RawPod[]).filter(
      ({ metadata }) => metadata.labels?.['app'] === name,
    )
    const uid = deployment?.metadata.uid
    const orphans = all.filter(({ metadata }) => ownerUid(metadata) !== uid)
    for (const pod of orphans) await this.#delete(pod)
    if (deployment === undefined || uid === undefined) return
    const hash = this.#revise(uid, deployment.spec.template)
    const own = all.filter((pod) => !orphans.includes(pod) && !isTerminating(pod))
    const replicas = deployment.spec.replicas ?? 1
    const current = own.filter(({ metadata }) => metadata.labels?.['pod-template-hash'] === hash)
    const old = own.filter((pod) => !current.includes(pod))
    if (deployment.spec.paused === true) await this.#scalePaused(deployment, replicas, own)
    else await this.#roll(deployment, { hash, replicas, current, old })
    await this.#status(deployment, hash)
  }

  async #roll(
    deployment: RawDeployment,
    { hash, replicas, current, old }: { hash: string; replicas: number; current: RawPod[]; old: RawPod[] },
  ): Promise<void> {
    const most = replicas + (old.length > 0 ? 1 : 0)
    const missing = Math.min(most - current.length - old.length, replicas - current.length)
    for (let index = 0; index < missing; index += 1) await this.#create(deployment, hash, deployment.spec.template)
    const ready = [...current, ...old].filter(isReady).length
    let spare = ready - replicas
    for (const pod of old) {
      if (isReady(pod) && spare <= 0) continue
      if (isReady(pod)) spare -= 1
      await this.#delete(pod)
    }
    for (const pod of current.slice(replicas)) await this.#delete(pod)
  }

  /** A paused Deployment scales what it has. */
  async #scalePaused(deployment: RawDeployment, replicas: number, own: RawPod[]): Promise<void> {
    const last = own.at(-1)?.metadata.labels?.['pod-template-hash']
    const revision = this.#revisions.get(deployment.metadata.uid ?? '')?.find(({ hash }) => hash === last)
    const missing = revision === undefined ? 0 : Math.max(0, replicas - own.length)
    for (let index = 0; index < missing; index += 1) {
      await this.#create(deployment, revision?.hash ?? '', revision?.template ?? deployment.spec.template)
    }
    for (const pod of own.slice(replicas)) await this.#delete(pod)
  }

  async #status(deployment: RawDeployment, hash: string): Promise<void> {
    const { name, uid, generation = 0 } = deployment.metadata
    const own = (this.#options.server.objects(pods, namespace) as RawPod[]).filter(
      (pod) => ownerUid(pod.metadata) === uid && !isTerminating(pod),
    )
    const updated = own.filter(({ metadata }) => metadata.labels?.['pod-template-hash'] === hash).length
    const ready = own.filter(isReady).length
    const status = {
      observedGeneration: generation,
      replicas: own.length,
      updatedReplicas: updated,
      readyReplicas: ready,
      availableReplicas: ready,
    }
    const known: Record<string, unknown> = { ...deployment.status }
    if (Object.entries(status).every(([key, value]) => (known[key] ?? 0) === value)) return
    await quietly(this.#api.mergePatch(deployments, { namespace, name }, { status }, { subresource: 'status' }))
  }

  #revise(uid: string, template: RawTemplate): string {
    const hash = hashOf(JSON.stringify(template)).toString(36)
    const revisions = this.#revisions.get(uid) ?? []
    const known = revisions.findIndex((revision) => revision.hash === hash)
    if (known !== revisions.length - 1 || known === -1) {
      if (known !== -1) revisions.splice(known, 1)
      revisions.push({ hash, template })
    }
    this.#revisions.set(uid, revisions)
    return hash
  }

  async #create({ metadata }: RawDeployment, hash: string, template: RawTemplate): Promise<void> {
    this.#created += 1
    const owner = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      name: `${metadata.name}-${hash}`,
      uid: `${metadata.uid ?? ''}.${hash}`,
      controller: true,
    }
    await quietly(
      this.#api.create(pods, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          namespace,
          name: `${metadata.name}-${hash}-${this.#created}`,
          labels: { ...template.metadata?.labels, 'pod-template-hash': hash },
          ownerReferences: [owner],
        },
        spec: { ...template.spec, nodeName: 'node-1' },
      } as KubeObject),
    )
  }

  async #delete(pod: RawPod): Promise<void> {
    if (isTerminating(pod)) return
    const { name, uid = '' } = pod.metadata
    await quietly(this.#api.delete(pods, { namespace, name }, { uid }))
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

/** The Deployment behind a pod's ReplicaSet, whose uid is `deployment.hash`. */
function ownerUid(metadata: KubeObject['metadata']): string {
  return metadata.ownerReferences?.[0]?.uid.split('.')[0] ?? ''
}

/** What was changed or deleted meanwhile is looked at again anyway. */
async function quietly(call: Promise<unknown>): Promise<void> {
  try {
    await call
  } catch (error) {
    if (!isKubeError(error, 'NotFound', 'Conflict')) throw error
  }
}
