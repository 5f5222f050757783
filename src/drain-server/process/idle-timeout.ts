import type { Server as NetServer } from 'node:net'
import type { Logger } from '../logger.ts'

const marginMs = 1000

/**
 * Warns, as soon as the server listens, when it closes idle connections before the load balancer in front does: a
 * request that the balancer sends on such a connection meets its end, at any time, not only while draining. The one
 * that opened the connection must be the one that gives it up.
 */
export function checkIdleTimeout(
  server: NetServer & { keepAliveTimeout?: number },
  loadBalancerIdleTimeoutSeconds: number,
  logger: Logger,
): void {
  const check = (): void => {
    const { keepAliveTimeout } = server
    const balancerMs = loadBalancerIdleTimeoutSeconds * 1000
    // 0 means that the server never closes an idle connection; a server without the property neither.
    if (!keepAliveTimeout || keepAliveTimeout > balancerMs) return
    logger.warn(
      { keepAliveTimeoutMs: keepAliveTimeout, loadBalancerIdleTimeoutSeconds, setItToMs: balancerMs + marginMs },
      "server.keepAliveTimeout is not above the load balancer's idle timeout: requests will be lost",
    )
  }
  if (server.listening) check()
  else server.once('listening', check)
}
