/** From records to figures: counts, latencies, ground truth and verdict. Pure; knows neither network nor clock. */
export { type Agreement, agreement, type PropagationSample } from './agreement.ts'
export { type Deletion, groundTruth, type NodeTruth, type PodTruth, type TruthVerdict } from './ground-truth.ts'
export { type Interval, splitByIntervals } from './intervals.ts'
export { type AgentRun, type MergedRuns, mergeRuns, onControllerClock } from './merge.ts'
export { type Latency, lossKind, type RequestOutcome, requestOutcome, UNRECORDED } from './outcome.ts'
export { quantile, quantileOfSorted } from './quantiles.ts'
export { type LabRun, measureRun, type RunEvidence } from './run.ts'
export { type Check, type Expectations, judge, type Verdict } from './verdict.ts'
