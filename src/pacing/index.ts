/**
 * What we compute of a rollout: from counts of requests to a verdict (Healthy, Breached or Inconclusive), with stated
 * error probabilities, and from verdicts to the next step. Pure.
 */
export { type Counts, type Origin, origins, type Reading, type Silence, silences } from './reading.ts'
