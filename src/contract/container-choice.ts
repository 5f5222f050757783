import type { DeploymentView } from './deployment-view.ts'

/** The container that the contract is for, or what to write so that there is one. */
export type ContainerChoice =
  | { name: string; problem?: never }
  | { name?: never; problem: { code: 'ContainerUnknown' | 'ContainerAmbiguous'; message: string } }

/**
 * The container that was asked for, else the only one, else the only one that declares a port which a Service
 * targets (by name or by number).
 */
export function chooseContainer(
  _view: DeploymentView,
  _wanted?: string,
  _servicePorts: readonly (string | number)[] = [],
): ContainerChoice {
  throw new Error('chooseContainer is not written yet')
}
