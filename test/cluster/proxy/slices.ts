import type { EndpointSlice } from '../../../src/cluster/proxy/service-table.ts'

type State = 'ready' | 'unready' | 'held' | 'terminating' | 'ended'

const conditions = {
  ready: { ready: true, serving: true, terminating: false },
  unready: { ready: false, serving: false, terminating: false },
  held: { ready: false, serving: true, terminating: false },
  terminating: { ready: false, serving: true, terminating: true },
  ended: { ready: false, serving: false, terminating: true },
} as const

/** A slice of the Service `shop/web`: the state of each pod by its address. */
export function slice(
  states: Record<string, State>,
  { name = 'web-1', port = 8080, service = 'web' }: { name?: string; port?: number; service?: string } = {},
): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'shop', name, labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    ports: [{ name: '', port, protocol: 'TCP' }],
    endpoints: Object.entries(states).map(([address, state], index) => ({
      addresses: [address],
      conditions: conditions[state],
      nodeName: `node-${index + 1}`,
      targetRef: { kind: 'Pod', name: `pod-${address}` },
    })),
  }
}
