import { type AgentRun, onControllerClock } from '../measure/index.ts'

/** Every new connection of each node, probe or load: the more there are, the sharper the ground truth. */
export function newConnections(runs: readonly AgentRun[]): AgentRun[] {
  return [...new Set(runs.map(({ node }) => node))].map((node) => {
    const ofNode = runs.filter((run) => run.node === node)
    const records = ofNode.flatMap((run) => onControllerClock(run).filter(({ reused }) => !reused))
    return { node, scheduled: records.length, offsetMs: 0, records }
  })
}
