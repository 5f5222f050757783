import type { Queries } from './query-template.ts'

export type PresetName = 'ingress-nginx' | 'istio' | 'envoy' | 'linkerd' | 'traefik' | 'grpc'

/**
 * How widespread servers name requests and errors. `or vector(0)` says that the errors are zero where no series of errors
 * was ever made; a service without any request has no series of requests, and stays unknown.
 */
export const presets: Readonly<Record<PresetName, Queries>> = {
  /** The controller's own labels: the scrape must keep them (`honor_labels: true`), as namespace is one of them. */
  'ingress-nginx': counted(
    'nginx_ingress_controller_requests',
    'namespace="$namespace",service="$service"',
    'status=~"5.."',
  ),
  /** As the callers' proxies saw it: the called pod's own proxy does not see the requests that never reached it. */
  istio: counted(
    'istio_requests_total',
    'reporter="source",destination_service_namespace="$namespace",destination_service_name="$service"',
    'response_code=~"5.."',
  ),
  /** Envoy with the cluster names that Contour gives: namespace_service_port. */
  envoy: counted(
    'envoy_cluster_upstream_rq',
    'envoy_cluster_name=~"$namespace_$service_[0-9a-zA-Z-]+"',
    'envoy_response_code=~"5.."',
  ),
  linkerd: counted(
    'response_total',
    'direction="inbound",namespace="$namespace",deployment="$workload"',
    'classification="failure"',
  ),
  /** The names of Traefik's services for an Ingress, an IngressRoute and a Gateway begin with namespace and service. */
  traefik: counted(
    'traefik_service_requests_total',
    'service=~"$namespace-$service-[0-9a-zA-Z]+@kubernetes[a-z]*"',
    'code=~"5.."',
  ),
  /** The codes that blame the server. The pods' namespace and name are labels that the scrape must add. */
  grpc: counted(
    'grpc_server_handled_total',
    'namespace="$namespace",pod=~"$workload-[a-z0-9]+-[a-z0-9]+"',
    'grpc_code=~"Unknown|DeadlineExceeded|Internal|Unavailable|DataLoss|Unimplemented"',
  ),
}

function counted(metric: string, whose: string, failed: string): Queries {
  return {
    requests: `sum(increase(${metric}{${whose}}[$range]))`,
    errors: `sum(increase(${metric}{${whose},${failed}}[$range])) or vector(0)`,
  }
}
