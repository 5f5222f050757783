import { deployments } from '../../../src/kube/index.ts'
import type { Fields } from '../data.ts'
import { deployment, template } from '../objects.ts'
import { Played } from '../played.ts'
import type { Scene } from '../scene.ts'

const quiet = { show: 'status' } as const

export const image = (version: number): Fields => ({
  spec: template({ containers: [{ name: 'app', image: `example.com/app:${version}` }] }),
})

/** A Deployment whose pods are all ready. */
export async function running(c: Scene, spec: Fields = {}, metadata: Fields = {}): Promise<Played> {
  const played = await Played.open(c)
  await c.create(deployments, deployment('web', spec, metadata), quiet)
  await played.rest()
  await played.ready(played.waiting())
  await played.rest()
  return played
}
