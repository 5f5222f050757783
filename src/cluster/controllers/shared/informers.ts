import {
  type Clock,
  createReflector,
  deployments,
  endpointSlices,
  type KubeObject,
  leases,
  namespaces,
  nodes,
  pods,
  type Random,
  type Reflector,
  type Resource,
  resourceName,
  services,
  type Transport,
} from '../../../kube/index.ts'
import type {
  Deployment,
  DisruptionBudget,
  EndpointSlice,
  Lease,
  Namespace,
  Node,
  Pod,
  ReplicaSet,
  Service,
} from './objects.ts'
import { controllerOf } from './ownership.ts'
import { disruptionBudgets, replicaSets, serviceAccounts } from './resources.ts'

/** What can be watched, and as what it is kept. */
export interface Informed {
  deployments: Deployment
  endpointSlices: EndpointSlice
  leases: Lease
  namespaces: Namespace
  nodes: Node
  pods: Pod
  serviceAccounts: KubeObject
  disruptionBudgets: DisruptionBudget
  replicaSets: ReplicaSet
  services: Service
}

export interface InformersOptions {
  readonly transport: Transport
  readonly clock: Clock
  readonly random: Random
  readonly onError: (error: unknown) => void
}

const resources: { readonly [K in keyof Informed]: Resource } = {
  deployments,
  endpointSlices,
  leases,
  namespaces,
  nodes,
  pods,
  disruptionBudgets,
  replicaSets,
  serviceAccounts,
  services,
}

/** Where node leases live: no other lease concerns a controller. */
const nodeLeases = 'kube-node-lease'

/**
 * One watch per resource for all controllers, as in the controller manager. A resource is watched when a controller
 * asks for it before `start`. Objects are kept whole and are shared: never change one.
 */
export class Informers {
  readonly #options: InformersOptions
  readonly #made = new Map<string, Reflector<never>>()
  #isStarted = false

  constructor(options: InformersOptions) {
    this.#options = options
  }

  get<K extends keyof Informed>(name: K): Reflector<Informed[K]> {
    return this.#of(resources[name], (raw) => raw as Informed[K])
  }

  /** Any resource, of whose objects only what all have in common is kept; also after `start`. */
  ofAny(resource: Resource): Reflector<KubeObject> {
    return this.#of(resource, ({ metadata }) => ({ metadata: { ...metadata, managedFields: [] } }))
  }

  #of<T extends KubeObject>(resource: Resource, project: (raw: KubeObject) => T): Reflector<T> {
    const key = resourceName(resource)
    const present = this.#made.get(key) as Reflector<T> | undefined
    if (present !== undefined) return present
    const made = createReflector<T>({
      ...this.#options,
      resource,
      ...(resource === leases ? { namespace: nodeLeases } : {}),
      project,
      indexes: { namespace: byNamespace, controller: byController, owner: byOwner, node: byNode },
    })
    this.#made.set(key, made as Reflector<never>)
    if (this.#isStarted) made.start()
    return made
  }

  start(): void {
    this.#isStarted = true
    for (const reflector of this.#made.values()) reflector.start()
  }

  /** Resolves when every cache holds everything; rejects when stopped before. */
  async synced(): Promise<void> {
    await Promise.all(Array.from(this.#made.values(), ({ synced }) => synced))
  }

  async stop(): Promise<void> {
    await Promise.all(Array.from(this.#made.values(), (reflector) => reflector.stop()))
  }
}

/** The key of the index `controller` for objects of a namespace that nobody manages. */
export function orphansOf(namespace: string): string {
  return `${namespace}/`
}

function byNamespace({ metadata }: KubeObject): readonly string[] {
  return metadata.namespace === undefined ? [] : [metadata.namespace]
}

function byController(object: KubeObject): readonly string[] {
  return [controllerOf(object)?.uid ?? orphansOf(object.metadata.namespace ?? '')]
}

function byOwner({ metadata }: KubeObject): readonly string[] {
  return metadata.ownerReferences?.map(({ uid }) => uid) ?? []
}

function byNode(object: KubeObject): readonly string[] {
  const nodeName = (object as Partial<Pod>).spec?.nodeName
  return nodeName === undefined || nodeName === '' ? [] : [nodeName]
}
