/**
 * Clusters on this machine without a container engine: a real control plane and real nodes, each in namespaces of its
 * own. Needs Linux, root, a few Debian packages, and Go for the first start.
 */
export { LocalProvider, type LocalProviderOptions } from './local-provider.ts'
export { type ClusterState, type RunFolder, runFolders, stateOf } from './run-folder.ts'
export type { ProxyMode } from './node.ts'
