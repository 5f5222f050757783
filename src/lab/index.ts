/**
 * The lab proves what the others promise.
 *
 * - `scenarios/`: what can fail in a rollout and what cures it, as data (`scenario.ts` says what a scenario is)
 * - `workloads/`: the services under test, one program for every protocol and every way to end
 * - `agent/`: a program on each node that sends open-loop load and probes, and keeps one record of each piece of work;
 *   its client (`agent-client.ts`) drives it over any transport
 * - `measure/`: records become counts, latencies, the ground truth of endpoint propagation and a verdict
 * - `stage/` and `rehearsal/`: where scenarios are run, and how; what comes out is a `Rehearsal` (`result.ts`)
 * - `terminal/` and `report/`: what a person reads of it
 *
 * It knows no room of the operator, and nothing else in src imports it but `cli`. Agent and workload run by themselves
 * from their `main.ts`, each bundled into one file that needs only Node.
 */
export {
  AgentClient,
  type AgentRecords,
  type AgentTransport,
  type ClockOffset,
  type LoadRequest,
  type ProbeRequest,
} from './agent-client.ts'
export { agentLoads, type AgentShare } from './agent-loads.ts'
export { LabError, type LabErrorCode } from './lab-error.ts'
export * from './measure/index.ts'
export { OWN_ERROR_CODES, type RecordsHeader, type RequestRecord } from './record.ts'
export type { AgentHealth, LoadStatus, PodSighting, ProbeStatus } from './run-status.ts'
export * from './terminal/index.ts'
