import { isDeepStrictEqual } from 'node:util'
import { services } from '../../../kube/index.ts'
import type { AddressType, Endpoint, EndpointPort, EndpointSlice, Service } from '../shared/objects.ts'
import { controllerReference } from '../shared/ownership.ts'
import { isHeadless } from './endpoint.ts'

export const managedByLabel = 'endpointslice.kubernetes.io/managed-by'
export const serviceNameLabel = 'kubernetes.io/service-name'
export const managedBy = 'endpointslice-controller.k8s.io'
const headlessLabel = 'service.kubernetes.io/headless'
const reserved = new Set([managedByLabel, serviceNameLabel, headlessLabel])

/** The endpoints that have the same ports. */
export interface PortGroup {
  readonly ports: readonly EndpointPort[]
  readonly endpoints: readonly Endpoint[]
}

/** What is to be written. Slices to create have no name yet. */
export interface SlicePlan {
  readonly create: readonly EndpointSlice[]
  readonly update: readonly EndpointSlice[]
  readonly remove: readonly EndpointSlice[]
}

export interface SliceFacts {
  readonly service: Service
  readonly addressType: AddressType
  readonly groups: readonly PortGroup[]
  /** Of this Service and address type, as they are. */
  readonly existing: readonly EndpointSlice[]
  readonly maxEndpoints: number
}

/** What has to be written so that slices hold exactly these endpoints, with as few slices touched as can be. */
export function planSlices(facts: SliceFacts): SlicePlan {
  const { service, addressType, existing } = facts
  const own = existing.filter((slice) => isOwnedBy(slice, service))
  const byPorts = Map.groupBy(own, ({ ports }) => portsKey(ports ?? []))
  const create: EndpointSlice[] = []
  const update: EndpointSlice[] = []
  // Slices of a Service that was deleted and made again are not taken over.
  const remove: EndpointSlice[] = existing.filter((slice) => !own.includes(slice))
  for (const group of facts.groups) {
    const key = portsKey(group.ports)
    const planned = planGroup(facts, group, byPorts.get(key) ?? [])
    byPorts.delete(key)
    create.push(...planned.create)
    update.push(...planned.update)
    remove.push(...planned.remove)
  }
  for (const slices of byPorts.values()) remove.push(...slices)
  if (remove.length === existing.length && create.length === 0) {
    // There is always a slice: one without endpoints tells that there are none.
    const placeholder = newSlice(service, addressType, [], [])
    const [only] = remove
    if (remove.length === 1 && only !== undefined && isPlaceholder(only, placeholder)) remove.pop()
    else create.push(placeholder)
  }
  return reuse(service, { create, update, remove })
}

/** Ports in one order, as text. */
export function portsKey(ports: readonly EndpointPort[]): string {
  return ports
    .map(({ name, port, protocol, appProtocol }) => JSON.stringify([name, port, protocol, appProtocol]))
    .sort()
    .join()
}

/** Changes the slices that have to change anyway, then fills the rest into one that has room, and only then makes more. */
function planGroup(facts: SliceFacts, { ports, endpoints }: PortGroup, existing: readonly EndpointSlice[]): SlicePlan {
  const { service, addressType, maxEndpoints } = facts
  const wanted = new Map(endpoints.map((endpoint) => [endpointKey(endpoint), endpoint]))
  const labels = sliceLabels(service)
  const changed: EndpointSlice[] = []
  const unchanged: EndpointSlice[] = []
  const remove: EndpointSlice[] = []
  for (const slice of existing) {
    const present = slice.endpoints ?? []
    const kept = present.flatMap((endpoint) => {
      const next = wanted.get(endpointKey(endpoint))
      wanted.delete(endpointKey(endpoint))
      return next === undefined ? [] : [next]
    })
    if (kept.length === 0 && present.length > 0) remove.push(slice)
    else if (!isDeepStrictEqual(kept, present) || !hasSameOwnLabels(slice, labels)) {
      changed.push(withEndpoints(slice, kept, labels))
    } else unchanged.push(slice)
  }
  const left = [...wanted.values()]
  // The fullest first.
  const update = changed
    .sort((one, other) => endpointsIn(other) - endpointsIn(one))
    .map((slice) => {
      const more = left.splice(0, Math.max(0, maxEndpoints - endpointsIn(slice)))
      return more.length === 0 ? slice : withEndpoints(slice, [...(slice.endpoints ?? []), ...more], labels)
    })
  const create: EndpointSlice[] = []
  while (left.length > 0) {
    const room = left.length < maxEndpoints ? fittest(unchanged, left.length, maxEndpoints) : undefined
    if (room === undefined) {
      create.push(newSlice(service, addressType, ports, left.splice(0, maxEndpoints)))
    } else {
      update.push(withEndpoints(room, [...(room.endpoints ?? []), ...left.splice(0)], labels))
    }
  }
  return { create, update, remove }
}

/** A slice that would go becomes one that would come. */
function reuse(service: Service, { create, update, remove }: SlicePlan): SlicePlan {
  const coming = [...create]
  const changed = [...update]
  const going = remove.filter((slice) => {
    const next = coming.at(-1)
    if (next === undefined || !isOwnedBy(slice, service) || slice.addressType !== next.addressType) return true
    coming.pop()
    changed.push({ ...next, metadata: { ...slice.metadata, labels: next.metadata.labels ?? {} } })
    return false
  })
  return { create: coming, update: changed, remove: going }
}

function newSlice(
  service: Service,
  addressType: AddressType,
  ports: readonly EndpointPort[],
  endpoints: readonly Endpoint[],
): EndpointSlice {
  const { namespace, name } = service.metadata
  const metadata = {
    generateName: `${name}-`,
    namespace,
    labels: sliceLabels(service),
    ownerReferences: [controllerReference(services, service)],
  }
  // Empty lists are told as null, as the API server keeps them.
  return {
    metadata: metadata as unknown as EndpointSlice['metadata'],
    addressType,
    endpoints: endpoints.length === 0 ? null : endpoints,
    ports: ports.length === 0 ? null : ports,
  }
}

/** The Service's labels, and those that say whose slice it is. */
function sliceLabels({ metadata, spec }: Service): Record<string, string> {
  const copied = Object.entries(metadata.labels ?? {}).filter(([key]) => !reserved.has(key))
  return {
    ...Object.fromEntries(copied),
    ...(isHeadless(spec.clusterIP) ? { [headlessLabel]: '' } : {}),
    [serviceNameLabel]: metadata.name,
    [managedByLabel]: managedBy,
  }
}

/** A change of a reserved label alone is not worth a write. */
function hasSameOwnLabels({ metadata }: EndpointSlice, labels: Readonly<Record<string, string>>): boolean {
  const own = (all: Readonly<Record<string, string>>): object =>
    Object.fromEntries(Object.entries(all).filter(([key]) => !reserved.has(key)))
  return isDeepStrictEqual(own(metadata.labels ?? {}), own(labels))
}

function withEndpoints(
  slice: EndpointSlice,
  endpoints: readonly Endpoint[],
  labels: Record<string, string>,
): EndpointSlice {
  return { ...slice, metadata: { ...slice.metadata, labels }, endpoints }
}

/** The slice that is fullest with so many more; undefined when none has room. */
function fittest(slices: readonly EndpointSlice[], more: number, maxEndpoints: number): EndpointSlice | undefined {
  return slices
    .filter((slice) => endpointsIn(slice) + more <= maxEndpoints && endpointsIn(slice) > 0)
    .sort((one, other) => endpointsIn(other) - endpointsIn(one))[0]
}

function endpointsIn({ endpoints }: EndpointSlice): number {
  return endpoints?.length ?? 0
}

function isOwnedBy({ metadata }: EndpointSlice, service: Service): boolean {
  return metadata.ownerReferences?.some(({ kind, uid }) => kind === 'Service' && uid === service.metadata.uid) === true
}

function isPlaceholder(slice: EndpointSlice, placeholder: EndpointSlice): boolean {
  return (
    endpointsIn(slice) === 0 &&
    (slice.ports?.length ?? 0) === 0 &&
    isDeepStrictEqual({ ...slice.metadata.labels }, placeholder.metadata.labels)
  )
}

/** What makes an endpoint the same one although its conditions change. */
function endpointKey({ addresses, hostname, targetRef }: Endpoint): string {
  return JSON.stringify([[...addresses].sort(), hostname, targetRef.namespace, targetRef.name])
}
