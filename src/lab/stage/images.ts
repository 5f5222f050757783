import type { ProcessImages } from '../../cluster/index.ts'
import type { Program } from './site.ts'

/** What the images of the programs are called; the operator's as config/ calls it, so that this is installed as it is. */
export const imageNames: Readonly<Record<Program, string>> = {
  operator: 'drainkeeper:0.1.0',
  agent: 'drainkeeper-lab-agent:0.1.0',
  workload: 'drainkeeper-lab-workload:0.1.0',
}

/** Pods of an embedded cluster are at addresses of this machine, where the operator asks nobody unless it is told to. */
const environments: Readonly<Partial<Record<Program, Readonly<Record<string, string>>>>> = {
  operator: { PODS_ON_LOOPBACK: 'true' },
}

/** The images for an embedded cluster: each is the bundled file of its program, run by this Node. */
export function processImages(files: Readonly<Record<Program, string>>): ProcessImages {
  return Object.fromEntries(
    Object.entries(files).map(([program, file]) => [
      imageNames[program as Program],
      { command: [process.execPath, file], env: { NODE_ENV: 'production', ...environments[program as Program] } },
    ]),
  )
}
