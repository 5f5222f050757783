import { isIPv6 } from 'node:net'
import { isReady, isTerminal } from '../shared/pods.ts'
import type { AddressType, Endpoint, EndpointPort, Node, Pod, Service, ServicePort } from '../shared/objects.ts'

const zoneLabel = 'topology.kubernetes.io/zone'

/** The address types that a Service is reached by. */
export function addressTypesOf({ spec }: Service): AddressType[] {
  const families = (spec.ipFamilies ?? []).filter((family) => family === 'IPv4' || family === 'IPv6')
  if (families.length > 0) return families
  if (isHeadless(spec.clusterIP)) return ['IPv4', 'IPv6']
  return [isIPv6(spec.clusterIP ?? '') ? 'IPv6' : 'IPv4']
}

export function isHeadless(clusterIP: string | undefined): boolean {
  return clusterIP === undefined || clusterIP === '' || clusterIP === 'None'
}

/** Whether a pod has an address, and something may still listen there. */
export function belongsInSlices(pod: Pod): boolean {
  return !isTerminal(pod) && addressesOf(pod).length > 0
}

/**
 * A pod as an endpoint of a Service; undefined when it has no address of this type. A pod that was deleted is not ready
 * from that moment, whatever its probes say, unless the Service publishes pods that are not ready.
 */
export function endpointOf(
  pod: Pod,
  node: Node | undefined,
  service: Service,
  addressType: AddressType,
): Endpoint | undefined {
  const addresses = addressesOf(pod).filter((address) => isIPv6(address) === (addressType === 'IPv6'))
  if (addresses.length === 0) return undefined
  const { namespace = '', name, uid = '', deletionTimestamp } = pod.metadata
  const serving = isReady(pod)
  const terminating = deletionTimestamp !== undefined
  const zone = node?.metadata.labels?.[zoneLabel] ?? ''
  const { nodeName = '', hostname = '', subdomain } = pod.spec
  return {
    addresses,
    conditions: {
      ready: service.spec.publishNotReadyAddresses === true || (serving && !terminating),
      serving,
      terminating,
    },
    targetRef: { kind: 'Pod', namespace, name, uid },
    ...(nodeName === '' ? {} : { nodeName }),
    ...(zone === '' ? {} : { zone }),
    ...(hostname !== '' && subdomain === service.metadata.name ? { hostname } : {}),
  }
}

/** The ports of a Service as this pod has them. A named port that it does not have is left out. */
export function endpointPorts({ spec }: Service, pod: Pod): EndpointPort[] {
  return (spec.ports ?? []).flatMap((servicePort): EndpointPort[] => {
    const port = targetPort(pod, servicePort)
    if (port === undefined) return []
    const { name = '', protocol = 'TCP', appProtocol } = servicePort
    return [{ name, port, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) }]
  })
}

/** Whether a change of a pod can change its endpoint. */
export function changesEndpoint(before: Pod, after: Pod): boolean {
  return (
    before.metadata.deletionTimestamp !== after.metadata.deletionTimestamp ||
    isReady(before) !== isReady(after) ||
    isTerminal(before) !== isTerminal(after) ||
    addressesOf(before).join() !== addressesOf(after).join()
  )
}

function targetPort(
  { spec }: Pod,
  { port, protocol = 'TCP', targetPort: target = port }: ServicePort,
): number | undefined {
  if (typeof target === 'number') return target
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')
  for (const { ports = [] } of [...spec.containers, ...sidecars]) {
    const named = ports.find((each) => each.name === target && (each.protocol ?? 'TCP') === protocol)
    if (named !== undefined) return named.containerPort
  }
  return undefined
}

function addressesOf({ status }: Pod): string[] {
  const addresses = status?.podIPs?.map(({ ip }) => ip) ?? []
  return (addresses.length === 0 ? [status?.podIP ?? ''] : addresses).filter((address) => address !== '')
}
