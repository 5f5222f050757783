/**
 * The room `cluster`: a Kubernetes in one process, for rehearsals and tests where there is no other. An API server
 * (`api-server/`), the controllers that a rollout needs (`controllers/`), a kubelet for each node whose containers are
 * real processes (`kubelet/`), addresses for pods on loopback (`network/`), and one service proxy per node whose
 * programming lag is a setting (`proxy/`).
 *
 * What it does, it does as the real one does: `npm run conformance:api` asks both the same questions. Everything that is
 * not the API server talks to it through a `Transport` of the room `kube`, like any other client. Clock, randomness,
 * network and container runtime are injected, so that the same cluster runs on a virtual clock in the simulation. It
 * knows nothing of DrainPolicy: that is a custom resource like any other.
 */
export { type Cluster, type ClusterOptions, startCluster, usualLag } from './cluster.ts'
export { type ClusterLimit, clusterLimits } from './limits.ts'
export type { ContainerExit, ContainerRuntime, ContainerStart, RunningContainer } from './kubelet/runtime.ts'
export type { NetworkMode, ProcessNetwork } from './network/index.ts'
export type { HttpGetOptions, HttpProbeAnswer, PodDialer, PodNetwork, ProbeCallOptions } from './network/pod-network.ts'
export {
  type EndpointUse,
  type Lag,
  type LagModel,
  lagOf,
  lagQuantileMs,
  type Programming,
  type ProxyAddress,
} from './proxy/index.ts'
export type { ProcessImage, ProcessImages } from './runtime/index.ts'
