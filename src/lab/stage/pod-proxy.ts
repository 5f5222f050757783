import type { Transport } from '../../kube/index.ts'
import type { AgentTransport } from '../agent-client.ts'
import type { PodAddress } from './site.ts'

/** Through the API server, which reaches every pod, to the pod's port. */
export function podProxy(
  transport: Transport,
  { namespace, name }: PodAddress,
  port: number,
  signal: AbortSignal,
): AgentTransport {
  const prefix = `/api/v1/namespaces/${namespace}/pods/${name}:${port}/proxy`
  return (path, { method, body }) => {
    const [pathname = '', search] = path.split('?')
    return transport.request({
      method: method as 'GET' | 'POST' | 'DELETE',
      path: prefix + pathname,
      query: Object.fromEntries(new URLSearchParams(search)),
      ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
      verb: method === 'GET' ? 'get' : 'create',
      resource: 'pods/proxy',
      timeoutMs: 60_000,
      signal,
    })
  }
}
