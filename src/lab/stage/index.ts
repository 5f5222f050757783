/**
 * Where a rehearsal happens. A `Site` is a cluster before anything of ours is in it: the embedded one, or the one of a
 * kubeconfig. `openStage` furnishes it: the operator as `config/` says, a namespace, the Service that clients go to, and
 * an agent on each node; closing it takes everything away again.
 */
export { openEmbeddedSite, type EmbeddedSiteOptions } from './embedded-site.ts'
export { imageNames, processImages } from './images.ts'
export { isInstalled, operatorNamespace } from './installation.ts'
export { openKubeconfigSite, type KubeconfigSiteOptions } from './kubeconfig-site.ts'
export { readKustomization } from './kustomization.ts'
export { Objects } from './objects.ts'
export { podProxy } from './pod-proxy.ts'
export {
  type Address,
  type Dataplane,
  type PodAddress,
  type Program,
  programs,
  type ServiceAddress,
  type Site,
} from './site.ts'
export { leftBehind, openStage, type Stage, type StageAgent, StageError, type StageOptions } from './stage.ts'
export {
  agentManifest,
  agentPort,
  labNamespace,
  namespaceManifest,
  serviceManifest,
  workloadName,
} from './manifests.ts'
export { drainPolicies, type ObservedDeletion, Watched } from './watched.ts'
export {
  condition,
  type PolicyStatus,
  type WatchedDeployment,
  type WatchedPod,
  type WatchedPolicy,
} from './watched-objects.ts'
