import type { ServiceProxy } from './proxy/index.ts'

/**
 * The Services of a namespace as pods of a node find them: `REDIS_SERVICE_HOST`, `REDIS_SERVICE_PORT`. There are no
 * routes for cluster addresses here, so that it is the address of the node's own proxy.
 */
export function serviceEnvironment(proxy: ServiceProxy, namespace: string): Record<string, string> {
  const environment: Record<string, string> = {}
  for (const { service, port, address } of proxy.known(namespace)) {
    const name = service.toUpperCase().replaceAll('-', '_')
    environment[`${name}_SERVICE_HOST`] ??= address.host
    environment[`${name}_SERVICE_PORT`] ??= String(address.port)
    environment[`${name}_SERVICE_PORT_${port}`] = String(address.port)
  }
  return environment
}
