import type { ContractSeconds } from '../budget/index.ts'
import { type Plan, readContract } from '../contract/index.ts'
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
