/**
 * The scenarios, as data: each shows one failure mode and then its cure. `checkScenario` says what is wrong with one that
 * somebody wrote.
 */
import type { Scenario } from '../scenario.ts'
import { nodeDrain, scaleDown, singleReplica } from './fewer-pods.ts'
import { httpRollout, killedAtGrace, sleepOnly, slowDataplane, slowRequests } from './http.ts'
import { grpcStreams, grpcUnary, http2Rollout, websockets } from './protocols.ts'
import { retryBudget, retryStorm } from './retries.ts'

export { checkScenario } from './check-scenario.ts'

/** In the order in which they are run and told. */
export const scenarios: readonly Scenario[] = [
  httpRollout,
  sleepOnly,
  slowDataplane,
  slowRequests,
  killedAtGrace,
  http2Rollout,
  grpcUnary,
  grpcStreams,
  websockets,
  retryStorm,
  retryBudget,
  singleReplica,
  nodeDrain,
  scaleDown,
]

/** Names of scenarios by the name of their group; `default` is what runs when nothing is asked for. */
export const scenarioGroups: Readonly<Record<string, readonly string[]>> = {
  default: [httpRollout.name],
  routing: [httpRollout, sleepOnly, slowDataplane].map(({ name }) => name),
  protocols: [http2Rollout, grpcUnary, grpcStreams, websockets].map(({ name }) => name),
  retries: [retryStorm, retryBudget].map(({ name }) => name),
}
