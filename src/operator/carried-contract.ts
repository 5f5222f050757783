import type { ContractSeconds } from '../budget/index.ts'
import { type ContractField, type Plan, readContract } from '../contract/index.ts'
import type { DeploymentFacts } from './projections.ts'

/**
 * The contract that the template carries by our hand; undefined when it carries none. Status may be behind the template
 * (a crash between two writes) or ahead of it (what was computed could not be written): only the template is believed.
 */
export function carriedContract(
  { view }: DeploymentFacts,
  stated: ContractSeconds | undefined,
  planFor: (contract: ContractSeconds) => Plan,
): ContractSeconds | undefined {
  const own = view.template.containers
    .map(({ name }) => readContract(view, name))
    .find(({ preStopSource }) => preStopSource.kind === 'Ours')
  const graceSeconds = own?.graceSource.kind === 'Ours' ? own.gracePeriodSeconds : stated?.gracePeriodSeconds
  const held =
    own?.preStopSeconds === undefined
      ? undefined
      : { drainDelaySeconds: own.preStopSeconds, gracePeriodSeconds: graceSeconds ?? own.gracePeriodSeconds }
  return [stated, held].find((contract) => contract !== undefined && planFor(contract).action === 'None')
}

/** The fields of the contract that are ours in the template, in whichever container. */
export function heldFields({ view }: DeploymentFacts): ContractField[] {
  const contracts = view.template.containers.map(({ name }) => readContract(view, name))
  const held: [ContractField, boolean][] = [
    ['gracePeriod', contracts.some(({ graceSource }) => graceSource.kind === 'Ours')],
    ['preStop', contracts.some(({ preStopSource }) => preStopSource.kind === 'Ours')],
    ['readiness', contracts.some(({ readinessSource }) => readinessSource.kind === 'Ours')],
  ]
  return held.filter(([, ours]) => ours).map(([field]) => field)
}
