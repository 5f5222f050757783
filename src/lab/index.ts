/**
 * The lab proves what the others promise. An agent on each node sends open-loop load and probes and keeps one record of
 * every request (`agent/`); its client drives it over any transport (`agent-client.ts`); records become counts,
 * latencies, the ground truth of endpoint propagation and a verdict (`measure/`), which a person reads in a terminal
 * (`terminal/`).
 *
 * It knows no Kubernetes client and no room of the operator; nothing else in src imports it. The agent runs by itself
 * from `agent/main.ts` and needs only Node.
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
