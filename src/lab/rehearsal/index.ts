/**
 * The engine: runs each variant of each scenario on a stage, one after another (`run-variant.ts`), tells what happens as
 * data (`events.ts`), and makes of what was seen one `Rehearsal`: figures, checks, recommendations.
 */
export * from './events.ts'
export { pause } from './disruptions.ts'
export { type LoadEvidence, type LoadOptions, type LoadTotals, RunningLoad } from './load.ts'
export { newConnections } from './new-connections.ts'
export type { Objective } from './checks.ts'
export { rehearse, type RehearsalOptions } from './rehearse.ts'
export { timed } from './timed.ts'
