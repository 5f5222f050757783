import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ApiServer, serveHttp } from '../../src/cluster/api-server/index.ts'
import { createUndiciTransport, systemClock } from '../../src/kube/index.ts'
import { kubectlOf } from './kubectl-of.ts'
import type { Ground, Target } from './target.ts'

/** Its controllers answer within a few milliseconds; the rest is for a busy machine. */
const quietMs = 250

/** The embedded cluster as a target, over HTTP like any other. */
export async function embeddedTarget(ground: Ground): Promise<Target> {
  if (ground === 'cluster') throw new Error('no embedded cluster yet')
  const server = new ApiServer({ clock: systemClock })
  const http = await serveHttp(server)
  const folder = await mkdtemp(join(tmpdir(), 'conformance-api-'))
  const kubeconfigPath = join(folder, 'kubeconfig')
  await writeFile(kubeconfigPath, kubeconfigOf(http.url))
  const access = { server: http.url }
  return {
    name: 'embedded',
    ground,
    client: (userAgent) =>
      createUndiciTransport({ access: () => Promise.resolve(access), clock: systemClock, userAgent }),
    kubernetesVersion: '1.36.3',
    kubeconfigPath,
    kubectlPath: await kubectlOf(),
    images: {},
    nodes: [],
    quietMs,
    compact: () => server.compact(),
    async down() {
      await http.close()
      await rm(folder, { recursive: true })
    },
  }
}

function kubeconfigOf(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'embedded',
    clusters: [{ name: 'embedded', cluster: { server } }],
    contexts: [{ name: 'embedded', context: { cluster: 'embedded', user: '' } }],
  })
}
