/**
 * The room `kube`: everything between the operator and an API server. One transport with its timeouts, retries and
 * metrics; plain-JSON calls and server-side apply; reflectors that keep projected caches; the keyed work queue; leader
 * election by Lease; events. It knows nothing of DrainPolicy. Time, randomness and transport are injected everywhere.
 *
 * `client-node.ts` alone imports @kubernetes/client-node, and is not exported here: loading it costs memory and time
 * that only a process which talks to a cluster should pay.
 */
export * from './api.ts'
export type { ApplyOptions } from './apply.ts'
export type { Cache, Indexes } from './cache.ts'
export * from './clock.ts'
export * from './event-recorder.ts'
export * from './kube-error.ts'
export * from './labels.ts'
export * from './lease-elector.ts'
export * from './object.ts'
export type { ReflectorEvent } from './reflected-cache.ts'
export * from './reflector.ts'
export * from './resource.ts'
export * from './transport.ts'
export * from './undici-transport.ts'
export * from './work-queue.ts'
export * from './write-gate.ts'
