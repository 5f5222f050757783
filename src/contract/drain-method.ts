import type { DeploymentView } from './deployment-view.ts'

/** The container port by which drain-server's admin listener is recognised. */
export const DRAIN_PORT_NAME = 'drain'
/** drain-server's default admin port. */
export const DRAIN_PORT_NUMBER = 9909

/** How the drain delay is spent before SIGTERM: a call of drain-server's `/admin/drain`, or kubelet's own sleep. */
export type DrainMethod = 'HTTP' | 'Sleep'

export type MethodChoice =
  | { method: DrainMethod; problem?: never }
  | { method?: never; problem: { code: 'DrainPortMissing'; message: string } }

/** Auto is HTTP where the container declares a port named `drain`, otherwise Sleep. */
export function chooseMethod(
  view: DeploymentView,
  containerName: string,
  method: 'Auto' | DrainMethod = 'Auto',
): MethodChoice {
  const container = view.template.containers.find(({ name }) => name === containerName)
  const declared = container?.ports.some(({ name }) => name === DRAIN_PORT_NAME) ?? false
  if (method === 'Sleep' || (method === 'Auto' && !declared)) return { method: 'Sleep' }
  if (declared) return { method: 'HTTP' }
  const message =
    `spec.contract.drain.method is HTTP, but container ${containerName} declares no port named "${DRAIN_PORT_NAME}". ` +
    `Add to its ports {name: ${DRAIN_PORT_NAME}, containerPort: ${DRAIN_PORT_NUMBER}} (drain-server's admin port), ` +
    'or write method: Sleep'
  return { problem: { code: 'DrainPortMissing', message } }
}
