/** Pods' addresses on loopback, what kubelets ask there, and what makes programs listen there. */
export { type NetworkMode, openNetwork, type NetworkOptions, usualNetworkMode } from './open-network.ts'
export type { HttpGetOptions, HttpProbeAnswer, PodDialer, PodNetwork, ProbeCallOptions } from './pod-network.ts'
export type { ProcessNetwork } from './process-network.ts'
