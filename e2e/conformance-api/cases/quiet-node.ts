import { pods } from '../../../src/kube/index.ts'
import type { Scene } from '../scene.ts'

/** A node that no kubelet runs: its pods do what the case says, and end when it says so. */
export async function quietNode(c: Scene): Promise<string> {
  const name = `node-${c.namespace}`
  c.masks.replace(name, '<quiet node>')
  await c.quietly('POST', '/api/v1/nodes', { body: { metadata: { name }, spec: { unschedulable: true } } })
  c.atEnd(async () => {
    await c.quietly('DELETE', c.path(pods), { body: { gracePeriodSeconds: 0 } })
    await c.quietly('DELETE', `/api/v1/nodes/${name}`)
  })
  return name
}
