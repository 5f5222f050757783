import { bundle, type ProgramName } from '../scripts/build.ts'
import { imageNames as programImages } from '../src/lab/stage/index.ts'
import { buildImage, type Image } from './cluster/image.ts'
import { nodeRuntimeFiles } from './cluster/node-runtime.ts'

/** The lab's workload is one program; these images of it say how it ends when nobody else does. */
const workloads = { workload: 'close-at-once', naive: 'close-at-once', drained: 'drained' } as const

export type ImageName = 'operator' | 'agent' | keyof typeof workloads

/** The images of the lab, each a Node runtime and one bundled file. */
export const imageNames: Record<ImageName, string> = {
  ...programImages,
  naive: 'drainkeeper-lab-naive:0.1.0',
  drained: 'drainkeeper-lab-drained:0.1.0',
}

/** Bundles a program and packs its image, as the Dockerfile does where there is Docker. */
export async function programImage(name: ImageName): Promise<Image> {
  const program: ProgramName = name === 'operator' || name === 'agent' ? name : 'workload'
  const file = await bundle(program)
  return buildImage({
    name: imageNames[name],
    layers: [await nodeRuntimeFiles(process.execPath), [{ path: '/app/main.mjs', from: file, mode: 0o644 }]],
    entrypoint: ['/usr/local/bin/node', '/app/main.mjs'],
    env: { NODE_ENV: 'production', ...(name === 'operator' || name === 'agent' ? {} : { SERVER: workloads[name] }) },
  })
}
