import type { Fields } from '../../schema/json.ts'
import type { Defaulter } from './index.ts'

const core = 'io.k8s.api.core.v1'
const threeHours = 10_800

export const serviceDefaults: Readonly<Record<string, Defaulter>> = {
  [`${core}.ServiceSpec`]: ofService,
  [`${core}.ServicePort`]: (port) => {
    port['protocol'] ??= 'TCP'
    if (port['targetPort'] === 0 || port['targetPort'] === '') port['targetPort'] = port['port']
  },
  [`${core}.EndpointPort`]: (port) => {
    port['protocol'] ??= 'TCP'
  },
  'io.k8s.api.discovery.v1.EndpointPort': (port) => {
    port['name'] ??= ''
    port['protocol'] ??= 'TCP'
  },
}

function ofService(spec: Fields): void {
  spec['sessionAffinity'] ??= 'None'
  if (spec['sessionAffinity'] === 'None') delete spec['sessionAffinityConfig']
  else spec['sessionAffinityConfig'] ??= { clientIP: { timeoutSeconds: threeHours } }
  spec['type'] ??= 'ClusterIP'
  const exposed = spec['type'] === 'NodePort' || spec['type'] === 'LoadBalancer'
  if (exposed || (spec['externalIPs'] !== undefined && spec['type'] === 'ClusterIP')) {
    spec['externalTrafficPolicy'] ??= 'Cluster'
  }
  if (exposed || spec['type'] === 'ClusterIP') spec['internalTrafficPolicy'] ??= 'Cluster'
  if (spec['type'] === 'LoadBalancer') spec['allocateLoadBalancerNodePorts'] ??= true
}
