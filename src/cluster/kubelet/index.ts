/** A kubelet for each node: pods from their binding to their removal. The container runtime and the network are injected. */
export { Kubelet, type KubeletOptions } from './kubelet.ts'
export type { ContainerExit, ContainerRuntime, ContainerStart, RunningContainer } from './runtime.ts'
