import type { DrainReport, DrainTrigger } from '../report/report.ts'
import type { HookRunner } from './hook-runner.ts'
import type { DrainPlan } from './plan.ts'

/** One drain, from its start until it is called off or done: what is decided, and what has been seen. */
export interface OngoingDrain {
  readonly trigger: DrainTrigger
  readonly plan: DrainPlan
  /** The silence that says that routing has let go. */
  readonly quietMs: number
  /** On the clock. */
  readonly startMs: number
  readonly startedAt: string
  readonly before: DrainReport['before']
  readonly inFlight: DrainReport['inFlight']
  readonly hooks: HookRunner
  readonly errors: { count: number; first: string | null }
  converged: DrainReport['converged']
  /** Milliseconds after drain start. */
  listenerClosedMs: number | null
  /** A hook's drain goes no further than converging before the signal that kubelet sends right after the hook. */
  confirmed: boolean
  /** How many signals have come since the drain began, or began it. */
  signals: number
  /** Nothing is waited for any more: the end has begun. */
  ending: boolean
  watched: boolean
  /** Cancel what is still to come. */
  readonly timers: Set<() => void>
  /** Let go of what guards the process until it exits. */
  readonly guards: (() => void)[]
}
