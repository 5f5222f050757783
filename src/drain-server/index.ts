/**
 * drain-server: drain-aware HTTP serving for Node. `drain(server)` keeps serving while routing lets go of the pod,
 * closes without losing a request, and leaves a report. It imports nothing outside this folder but Node itself.
 */
export { drain } from './drain.ts'
export type { Drainer } from './drain.ts'
export { DrainError } from './errors.ts'
export type { DrainErrorCode } from './errors.ts'
export type { DrainHook, HookContext } from './hooks.ts'
export { requestSignal } from './http1/exchange.ts'
export type { AdminOptions, DrainOptions, LogEntry } from './options.ts'
export type { Phase } from './phase.ts'
export { drainReportSchema } from './report.ts'
export type { DrainReport, DrainTrigger, LateArrivals } from './report.ts'
