/**
 * Where end-to-end tests get a cluster from: one interface, and three providers behind it. `npm run cluster -- up`
 * gives one to work in by hand.
 */
export { ClusterError, type ClusterErrorCode } from './cluster-error.ts'
export { type Image, type ImageDescription, buildImage, writeImageArchive } from './image.ts'
export type { ImageFile } from './layer.ts'
export { NODE_PATH, nodeRuntimeFiles } from './node-runtime.ts'
export type { Cluster, ClusterProvider, ContainerName, MissingPiece, UpOptions } from './provider.ts'
export { type ProviderChoice, type ProviderName, addImage, selectProvider } from './select.ts'
