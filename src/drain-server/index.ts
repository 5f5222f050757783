/**
 * drain-server: drain-aware HTTP serving for Node. `drain(server)` keeps serving while routing lets go of the pod,
 * closes without losing a request, and leaves a report. It imports nothing outside this folder but Node itself.
 */
export { drain } from './drain.ts'
export type { Drainer } from './drain.ts'
export { drainCluster } from './cluster/drain-cluster.ts'
export type { ClusterDrainer } from './cluster/drain-cluster.ts'
export type { DrainTarget } from './adapters/drain-target.ts'
export { DrainError } from './errors.ts'
export type { DrainErrorCode } from './errors.ts'
export type { AdminHandler, AdminHandlerOptions, AdminRequest, AdminResponse } from './admin/admin-handler.ts'
export { exitCodes } from './process/exit-codes.ts'
export type { ExitCodes } from './process/exit-codes.ts'
export type { DrainHook, HookContext, HookOptions, StartHook, Undo } from './process/hooks.ts'
export { requestSignal } from './protocol/request-signal.ts'
export type { AdminOptions, DrainOptions } from './options.ts'
export type { Logger } from './logger.ts'
export type { Phase } from './process/phase.ts'
export { endOnDrain } from './protocol/end-on-drain.ts'
export { drainReportSchema } from './report/report.ts'
export type {
  ConvergenceEnd,
  DrainReport,
  DrainTrigger,
  HookOutcome,
  HookReport,
  LateArrivals,
  LatePeer,
} from './report/report.ts'
export { drainChannels } from './report/channels.ts'
export type { HookMessage, LateArrivalMessage, PhaseMessage, ReportMessage } from './report/channels.ts'
