import type { IsProbe, ProbeCheck } from '../protocol/protocol.ts'

/**
 * How health checkers name themselves at the beginning of their User-Agent: kubelet (HTTP and gRPC probes, and its
 * preStop call), the load balancers of AWS, Google and Azure, Envoy, Consul, grpc_health_probe, Route 53. And those that
 * scrape metrics: they call a pod directly as well, so they tell nothing of routing.
 */
const agents = [
  'kube-probe/',
  'kube-lifecycle/',
  'ELB-HealthChecker/',
  'GoogleHC/',
  'Load Balancer Agent',
  'Envoy/HC',
  'Consul Health Check',
  'grpc_health_probe',
  'Amazon-Route53-Health-Check-Service',
  'Prometheus/',
  'vm_promscrape',
]

/** One expression is compiled to one pass over the first characters. */
const probeAgent = new RegExp(`^(?:${agents.join('|')})`)

/** Whether a known health checker sent the request. */
const isKnownProbe: IsProbe = ({ headers }) => {
  const agent = headers['user-agent']
  return typeof agent === 'string' && probeAgent.test(agent)
}

/** Known health checkers, and those that the application knows. */
export function probeCheck(own: IsProbe | undefined): ProbeCheck {
  const isOwn = own ?? (() => false)
  return (request, mayBeKnown) => (mayBeKnown && isKnownProbe(request)) || isOwn(request)
}
