import { type EstimateOptions, estimate, type WindowEntry } from '../propagation/index.ts'
import { seconds } from './seconds.ts'

export interface RequestTimeInput {
  /** Auto and Reported: from the drain reports, once there are enough. Static: `maxSeconds`. */
  source: 'Auto' | 'Reported' | 'Static'
  /** The most that draining waits for a request. */
  maxSeconds: number
  /** The longest request of each drained process, newest last. */
  longestRequests: readonly WindowEntry[]
  /** The same quantile, confidence and window as for P. */
  options: Pick<EstimateOptions, 'quantile' | 'confidence' | 'window'>
}

/** W: how long draining must wait for a request. */
export interface RequestTime {
  /** What was used: the processes' reports, or the configured maximum. */
  source: 'Reported' | 'Static'
  seconds: number
  /** Where the figure comes from, for the sentence that explains the budget. */
  because: string
}

/** The half on top covers the processes beyond the quantile. */
const headroom = 1.5

/**
 * W = 1.5 x the upper confidence bound of the processes' longest requests, in whole seconds, rounded up, between 1 s
 * and the maximum. The maximum while too few processes have reported.
 */
export function requestTime({ source, maxSeconds, longestRequests, options }: RequestTimeInput): RequestTime {
  if (source === 'Static') return { source: 'Static', seconds: maxSeconds, because: 'requestTime.max' }
  const longest = estimate(longestRequests, { ...options, initialMs: maxSeconds * 1000 })
  if (longest.state === 'Measuring') {
    const of = `${longest.samples} of ${longest.samples + longest.needed} drains needed`
    return { source: 'Static', seconds: maxSeconds, because: `requestTime.max; not measured yet, ${of}` }
  }
  const needSeconds = Math.max(1, Math.ceil((headroom * longest.boundMs) / 1000))
  const formula = `${headroom} x longest request ${seconds(longest.boundMs)}`
  return needSeconds > maxSeconds
    ? { source: 'Reported', seconds: maxSeconds, because: `requestTime.max, below ${formula}` }
    : { source: 'Reported', seconds: needSeconds, because: formula }
}
