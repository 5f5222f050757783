import { type AgentRun, onControllerClock } from '../measure/index.ts'
import type { RequestRecord } from '../record.ts'

/**
 * Every new connection of each node, probe or load: the more there are, the sharper the ground truth. Those of work that
 * was tried again or went on elsewhere are left out: their records tell when the first connection was opened, and which
 * pod the last one reached.
 */
export function newConnections(runs: readonly AgentRun[]): AgentRun[] {
  return [...new Set(runs.map(({ node }) => node))].map((node) => {
    const ofNode = runs.filter((run) => run.node === node)
    const records = ofNode.flatMap((run) => onControllerClock(run).filter(isFirstConnection))
    return { node, scheduled: records.length, offsetMs: 0, records }
  })
}

const isFirstConnection = ({ reused, attempts, moves }: RequestRecord): boolean =>
  !reused && attempts === 1 && moves === 0
