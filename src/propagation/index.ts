/**
 * What we measure: how long routing takes to let go of a terminating pod. Pure: facts about one pod's termination
 * (timeline) -> what they prove (sample, outcome) -> the last figures, as kept in status (window) -> an upper
 * confidence bound of P (estimate). No clock, no IO: times come in as the operator read them.
 */
export { isReportProblem, parseDrainReport, type ReportProblem } from './drain-report.ts'
export { type Estimate, type EstimateOptions, estimate, estimateDefaults } from './estimate.ts'
export { boundRank, requiredSamples } from './order-statistics.ts'
export { type DrainOutcome, type Outcome, type OutcomeExpectations, outcomeOf } from './outcome.ts'
export {
  longestBlindMs,
  longestResolutionMs,
  type Propagation,
  resolutionMs,
  type Sample,
  sampleOf,
  type UninformativeReason,
  windowEntryOf,
} from './sample.ts'
export {
  begin,
  type ContainerEnd,
  containerTerminated,
  type Deletion,
  gone,
  newTimeline,
  sliceFlipped,
  type Timeline,
} from './timeline.ts'
export { addSample, type DecodedWindow, decodeWindow, encodeWindow, type WindowEntry } from './window.ts'
