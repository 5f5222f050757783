/**
 * What we hear of a rollout: requests and errors, scraped from drain-server in the pods or asked of a Prometheus, as
 * readings for a verdict. A signal that is down, slow or lying is a reading too: it says that nothing is known, and why.
 */
export { type AddressPolicy, type Ask, createAsk } from './ask/index.ts'
export * from './pods/index.ts'
export * from './prometheus/index.ts'
export type { Clock, Signal, Silent } from './signal.ts'
export { harmOf, type PodEnd, terminationReading } from './termination.ts'
