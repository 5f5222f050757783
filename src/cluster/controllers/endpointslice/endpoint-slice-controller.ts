import { endpointSlices, hasLabels, keyOf, KubeError, type ReflectorEvent, services } from '../../../kube/index.ts'
import {
  type Controller,
  type ControllerContext,
  ControllerQueue,
  isNamespaceTerminating,
  messageOf,
  refOf,
} from '../shared/controller.ts'
import { unlessGone } from '../shared/gone.ts'
import type { AddressType, EndpointSlice, Pod, Service } from '../shared/objects.ts'
import { addressTypesOf, belongsInSlices, changesEndpoint, endpointOf, endpointPorts } from './endpoint.ts'
import { managedBy, managedByLabel, planSlices, type PortGroup, portsKey, serviceNameLabel } from './plan-slices.ts'
import { TriggerTimes } from './trigger-time.ts'
import { WrittenSlices } from './written-slices.ts'

export interface EndpointSliceOptions {
  /** How long a change of a pod waits for others, to be written with them. @default 0 */
  readonly batchMs?: number
  /** @default 100 */
  readonly maxEndpointsPerSlice?: number
}

const triggerTimeKey = 'endpoints.kubernetes.io/last-change-trigger-time'
/** A slice that somebody else changed is put right after this time at the earliest. */
const foreignChangeDelayMs = 1000
/** A sync that failed, or found the cache older than its own last write, waits this long first. */
const backoffBaseMs = 1000

/** Keeps the slices of each Service with a selector as its pods are. */
export class EndpointSliceController implements Controller {
  readonly #context: ControllerContext
  readonly #options: Required<EndpointSliceOptions>
  readonly #queue: ControllerQueue
  readonly #services
  readonly #slices
  readonly #pods
  readonly #nodes
  readonly #triggers = new TriggerTimes()
  readonly #written = new WrittenSlices()

  constructor(context: ControllerContext, options: EndpointSliceOptions = {}) {
    this.#context = context
    this.#options = { batchMs: 0, maxEndpointsPerSlice: 100, ...options }
    this.#queue = new ControllerQueue(context, (key) => this.#sync(key), { backoffBaseMs })
    this.#services = context.informers.get('services')
    this.#slices = context.informers.get('endpointSlices')
    this.#pods = context.informers.get('pods')
    this.#nodes = context.informers.get('nodes')
    this.#services.onEvent(({ type, object }) => {
      if (type === 'delete') {
        this.#triggers.forget(object)
        this.#written.forget(object.metadata)
      } else this.#queue.add(keyOf(object.metadata))
    })
    this.#pods.onEvent((event) => this.#podChanged(event))
    this.#slices.onEvent((event) => this.#sliceChanged(event))
  }

  begin(): void {
    this.#queue.begin()
  }

  stop(): Promise<void> {
    return this.#queue.stop()
  }

  #podChanged({ type, object, previous }: ReflectorEvent<Pod>): void {
    const isUpdate = type === 'upsert' && previous !== undefined
    const changes = !isUpdate || changesEndpoint(previous, object)
    const labels = object.metadata.labels
    const before = isUpdate ? previous.metadata.labels : labels
    for (const { metadata, spec } of this.#services.cache.byIndex('namespace', object.metadata.namespace ?? '')) {
      if (spec.selector === undefined) continue
      const isIn = hasLabels(spec.selector, labels)
      const wasIn = hasLabels(spec.selector, before)
      if (changes ? isIn || wasIn : isIn !== wasIn) this.#queue.addAfter(keyOf(metadata), this.#options.batchMs)
    }
  }

  #sliceChanged({ type, object }: ReflectorEvent<EndpointSlice>): void {
    const key = serviceOf(object)
    if (key === undefined || !this.#written.isForeign(key, object, type)) return
    this.#queue.addAfter(key, Math.max(foreignChangeDelayMs, this.#options.batchMs))
  }

  async #sync(key: string): Promise<void> {
    const { namespace = '', name } = refOf(key)
    const service = this.#services.cache.get(namespace, name)
    const selector = service?.spec.selector
    // Without a selector somebody else writes the slices; an external name has none.
    if (service === undefined || selector === undefined || service.spec.type === 'ExternalName') return
    const existing = this.#slices.cache
      .byIndex('namespace', namespace)
      .filter((slice) => serviceOf(slice) === key && slice.metadata.deletionTimestamp === undefined)
    if (this.#written.areNewerThan(key, existing)) {
      throw new KubeError('Conflict', `the cached slices of Service ${key} are older than the last write`)
    }
    const pods = this.#pods.cache
      .byIndex('namespace', namespace)
      .filter(({ metadata }) => hasLabels(selector, metadata.labels))
    const triggerMs = this.#triggers.look(service, pods)
    const types = addressTypesOf(service)
    for (const slice of existing) if (!types.includes(slice.addressType)) await this.#delete(key, slice)
    try {
      for (const type of types) {
        const ofType = existing.filter(({ addressType }) => addressType === type)
        await this.#write(key, service, type, this.#groups(service, pods, type), ofType, triggerMs)
      }
    } catch (error) {
      if (isNamespaceTerminating(error)) return
      this.#context.record(services, service, {
        type: 'Warning',
        reason: 'FailedToUpdateEndpointSlices',
        note: `Error updating Endpoint Slices for Service ${key}: ${messageOf(error)}`,
      })
      throw error
    }
    const lost = pods.find((pod) => belongsInSlices(pod) && this.#nodeIsMissing(service, pod))
    if (lost !== undefined) {
      const { metadata, spec } = lost
      throw new KubeError('Conflict', `Pod ${metadata.name} is on node ${spec.nodeName}, which is not known`)
    }
  }

  /** The endpoints of these pods, by the ports that they have. */
  #groups(service: Service, pods: readonly Pod[], addressType: AddressType): PortGroup[] {
    const groups = new Map<string, { ports: PortGroup['ports']; endpoints: PortGroup['endpoints'][number][] }>()
    for (const pod of pods) {
      if (!belongsInSlices(pod)) continue
      const ports = endpointPorts(service, pod)
      const group = groups.get(portsKey(ports)) ?? { ports, endpoints: [] }
      groups.set(portsKey(ports), group)
      if (this.#nodeIsMissing(service, pod)) continue
      const node = this.#nodes.cache.get(undefined, pod.spec.nodeName ?? '')
      const endpoint = endpointOf(pod, node, service, addressType)
      if (endpoint !== undefined) group.endpoints.push(endpoint)
    }
    return [...groups.values()]
  }

  #nodeIsMissing({ spec }: Service, pod: Pod): boolean {
    const isKnown = this.#nodes.cache.get(undefined, pod.spec.nodeName ?? '') !== undefined
    return !isKnown && spec.publishNotReadyAddresses !== true
  }

  async #write(
    key: string,
    service: Service,
    addressType: AddressType,
    groups: readonly PortGroup[],
    existing: readonly EndpointSlice[],
    triggerMs: number | undefined,
  ): Promise<void> {
    const { api } = this.#context
    const maxEndpoints = this.#options.maxEndpointsPerSlice
    const plan = planSlices({ service, addressType, groups, existing, maxEndpoints })
    // A Service on its way out gets no new slices: the garbage collector is deleting them.
    const isGoing = service.metadata.deletionTimestamp !== undefined
    for (const slice of isGoing ? [] : plan.create) {
      this.#written.wrote(key, await api.create(endpointSlices, triggered(slice, triggerMs)))
    }
    for (const slice of plan.update) {
      this.#written.wrote(key, await api.replace(endpointSlices, triggered(slice, triggerMs)))
    }
    for (const slice of plan.remove) await this.#delete(key, slice)
  }

  async #delete(key: string, slice: EndpointSlice): Promise<void> {
    await unlessGone(this.#context.api.delete(endpointSlices, slice.metadata))
    this.#written.deleted(key, slice)
  }
}

/** The Service whose slice it is, if this controller manages it. */
function serviceOf({ metadata }: EndpointSlice): string | undefined {
  const name = metadata.labels?.[serviceNameLabel]
  return name === undefined || metadata.labels?.[managedByLabel] !== managedBy
    ? undefined
    : `${metadata.namespace ?? ''}/${name}`
}

/** The slice, telling since when its change waits. */
function triggered(slice: EndpointSlice, triggerMs: number | undefined): EndpointSlice {
  const { [triggerTimeKey]: _, ...annotations } = slice.metadata.annotations ?? {}
  const told =
    triggerMs === undefined
      ? annotations
      : { ...annotations, [triggerTimeKey]: new Date(triggerMs).toISOString().replace('.000Z', 'Z') }
  return { ...slice, metadata: { ...slice.metadata, annotations: told } }
}
