/** Containers as processes of this machine. */
export { ImageNotFound, type ProcessImage, type ProcessImages } from './image.ts'
export { ProcessRuntime, type ProcessRuntimeOptions } from './process-runtime.ts'
