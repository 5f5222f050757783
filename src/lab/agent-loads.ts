import type { LoadRequest } from './agent-client.ts'
import { LIMITS } from './agent/load-spec.ts'
import type { ConnectionModes, LoadShape } from './scenario.ts'

const KEPT = 'keep-alive'
const NEW = 'connection-per-request'

/** One agent's part in a scenario's load. */
export interface AgentShare {
  /** Names the runs; what is added tells the connection mode. */
  readonly id: string
  readonly target: { readonly host: string; readonly port: number }
  /** How many agents share the rate. */
  readonly agents: number
  /** Its place among them, from 0: no two send by the same Poisson schedule. */
  readonly agent: number
  /** The load ends by itself after so long. */
  readonly maxSeconds: number
}

/** The runs of load that one agent is asked for: one, or one for each connection mode of HTTP. */
export function agentLoads(shape: LoadShape, share: AgentShare): LoadRequest[] {
  const { id, target, agents, agent, maxSeconds } = share
  const { protocol, connections = 'both', maxConnections, workMs, streamSeconds, timeoutMs, retries } = shape
  const modes = modesOf(protocol === 'http' ? connections : KEPT)
  const ratePerSecond = shape.ratePerSecond / agents / modes.length
  return modes.map((mode, index) => ({
    id: `${id}-${mode}`,
    target,
    protocol,
    mode,
    ratePerSecond,
    maxRequests: Math.min(LIMITS.maxRequests[1], Math.max(1, Math.ceil(ratePerSecond * maxSeconds))),
    maxSeconds,
    spacing: 'poisson',
    seed: 1 + agent * modes.length + index,
    ...(maxConnections === undefined ? {} : { connections: maxConnections }),
    ...(workMs === undefined ? {} : { workMs }),
    ...(streamSeconds === undefined ? {} : { streamSeconds }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(retries === undefined ? {} : { retries }),
  }))
}

function modesOf(connections: ConnectionModes): readonly (typeof KEPT | typeof NEW)[] {
  if (connections === 'both') return [KEPT, NEW]
  return connections === 'keep-alive' ? [KEPT] : [NEW]
}
