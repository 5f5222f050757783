import type { KubeObject } from '../../kube/index.ts'

/** The fields of a Service that a proxy reads. */
export interface Service extends KubeObject {
  readonly spec?: {
    readonly clusterIP?: string
    readonly ports?: readonly ServicePort[]
    readonly sessionAffinity?: 'None' | 'ClientIP'
    readonly sessionAffinityConfig?: { readonly clientIP?: { readonly timeoutSeconds?: number } }
    readonly internalTrafficPolicy?: 'Cluster' | 'Local'
    readonly type?: string
  }
}

export interface ServicePort {
  readonly name?: string
  readonly port: number
  readonly protocol?: string
}

/** The fields of an EndpointSlice that a proxy reads. */
export interface EndpointSlice extends KubeObject {
  readonly addressType?: string
  readonly endpoints?: readonly {
    readonly addresses: readonly string[]
    readonly conditions?: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean }
    readonly nodeName?: string
    readonly targetRef?: { readonly kind?: string; readonly name?: string; readonly uid?: string }
  }[]
  readonly ports?: readonly { readonly name?: string; readonly port?: number; readonly protocol?: string }[]
}

/**
 * What an endpoint is good for. `ready` gets new connections; `terminating` (it still serves) only when no endpoint is
 * ready; `none` never.
 */
export type EndpointUse = 'ready' | 'terminating' | 'none'

/** One endpoint of a slice, for one port name. */
export interface Endpoint {
  readonly address: string
  readonly port: number
  readonly use: EndpointUse
  readonly node: string | undefined
  /** The pod's name, where it is a pod. */
  readonly pod: string | undefined
}

/** The label by which a slice names its Service. */
const serviceLabel = 'kubernetes.io/service-name'

export function serviceOf(slice: EndpointSlice): string | undefined {
  return slice.metadata.labels?.[serviceLabel]
}

/** The endpoints of a slice by the name of the service port; the empty name is that of an unnamed port. */
export function endpointsByPort(slice: EndpointSlice): Map<string, Endpoint[]> {
  const found = new Map<string, Endpoint[]>()
  for (const { name = '', port, protocol = 'TCP' } of slice.ports ?? []) {
    if (port === undefined || protocol !== 'TCP') continue
    const endpoints = (slice.endpoints ?? []).flatMap(({ addresses, conditions, nodeName, targetRef }) =>
      addresses.slice(0, 1).map((address) => ({
        address,
        port,
        use: useOf(conditions ?? {}),
        node: nodeName,
        pod: targetRef?.kind === 'Pod' ? targetRef.name : undefined,
      })),
    )
    found.set(name, endpoints)
  }
  return found
}

/** As kube-proxy reads conditions: an unknown one counts as ready, and as serving when ready. */
function useOf({
  ready = true,
  serving = ready,
  terminating = false,
}: NonNullable<NonNullable<EndpointSlice['endpoints']>[number]['conditions']>): EndpointUse {
  if (ready) return 'ready'
  return serving && terminating ? 'terminating' : 'none'
}

/** To whom a new connection may go: ready endpoints, else those that still serve while they end. */
export function routable(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const ready = endpoints.filter(({ use }) => use === 'ready')
  return ready.length > 0 ? ready : endpoints.filter(({ use }) => use === 'terminating')
}

/** The ports of a Service that a proxy listens for; none for a headless or external one. */
export function proxiedPorts(service: Service): readonly ServicePort[] {
  const { clusterIP, ports = [], type } = service.spec ?? {}
  if (clusterIP === 'None' || type === 'ExternalName') return []
  return ports.filter(({ protocol = 'TCP' }) => protocol === 'TCP')
}
