/** What pods themselves say, by the metrics of drain-server: scraped, and added up over restarts and churn. */
export { createPodsSignal, type PodsOptions, type PodsSignal, type WatchedPod } from './pods.ts'
