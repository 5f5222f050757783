import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ApiServer, serveHttp } from '../../src/cluster/api-server/index.ts'
import { createUndiciTransport, systemClock } from '../../src/kube/index.ts'
import type { Ground, Target } from './target.ts'

/** The embedded cluster as a target. */
export async function embeddedTarget(ground: Ground): Promise<Target> {
  if (ground === 'cluster') throw new Error(`no embedded ${ground} yet`)
  const server = new ApiServer({ clock: systemClock })
  const http = await serveHttp(server)
  const folder = await mkdtemp(join(tmpdir(), 'conformance-api-'))
  const kubeconfigPath = join(folder, 'kubeconfig')
  await writeFile(kubeconfigPath, kubeconfigOf(http.url))
  const access = async () => ({ server: http.url, tls: {}, headers: {} })
  return {
    name: 'embedded',
    ground,
    client: (userAgent) => createUndiciTransport({ access, clock: systemClock, userAgent }),
    kubernetesVersion: 'v1.36.3',
    kubeconfigPath,
    kubectlPath: { missing: 'not looked for' },
    images: {},
    nodes: [],
    quietMs: 100,
    compact: () => server.compact(),
    async down() {
      await http.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function kubeconfigOf(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'embedded', cluster: { server } }],
    contexts: [{ name: 'embedded', context: { cluster: 'embedded', user: 'admin' } }],
    users: [{ name: 'admin', user: {} }],
    'current-context': 'embedded',
  })
}
