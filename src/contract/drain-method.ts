import type { DeploymentView } from './deployment-view.ts'

/** The container port by which drain-server's admin listener is recognised. */
export const DRAIN_PORT_NAME = 'drain'
/** drain-server's default admin port. */
export const DRAIN_PORT_NUMBER = 9909

/** How the drain delay is spent before SIGTERM, or why it cannot be done as asked. */
export type MethodChoice = { method: 'HTTP' | 'Sleep'; problem?: never }
export type MethodProblem = { method?: never; problem: { code: 'DrainPortMissing'; message: string } }

/** Auto is HTTP where the container declares a port named `drain`, otherwise Sleep. */
export function chooseMethod(
  _view: DeploymentView,
  _container: string,
  _method: 'Auto' | 'HTTP' | 'Sleep' = 'Auto',
): MethodChoice | MethodProblem {
  throw new Error('chooseMethod is not written yet')
}
