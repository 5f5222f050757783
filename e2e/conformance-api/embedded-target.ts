import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ApiServer, serveHttp } from '../../src/cluster/api-server/index.ts'
import { startControllers } from '../../src/cluster/controllers/index.ts'
import { startCluster } from '../../src/cluster/index.ts'
import { kubeconfigOf } from '../../src/cluster/kubeconfig.ts'
import { createUndiciTransport, systemClock } from '../../src/kube/index.ts'
import { imageNames } from '../images.ts'
import { kubectlOf } from './kubectl-of.ts'
import type { Ground, Target } from './target.ts'

/** Its controllers answer within a few milliseconds; the rest is for a busy machine. */
const quietMs = 250

/** What is under a target: something to ask, and how it ends. */
interface Underneath extends Pick<Target, 'images' | 'nodes' | 'kubeconfigPath' | 'compact'> {
  readonly url: string
  down(): Promise<void>
}

/** The embedded cluster as a target, over HTTP like any other. */
export async function embeddedTarget(ground: Ground): Promise<Target> {
  const { url, ...rest } = ground === 'cluster' ? await wholeCluster() : await withoutNodes(ground)
  const access = { server: url }
  return {
    ...rest,
    name: 'embedded',
    ground,
    client: (userAgent) =>
      createUndiciTransport({ access: () => Promise.resolve(access), clock: systemClock, userAgent }),
    kubernetesVersion: '1.36.3',
    kubectlPath: await kubectlOf(),
    quietMs,
  }
}

async function withoutNodes(ground: Ground): Promise<Underneath> {
  const server = new ApiServer({ clock: systemClock })
  const http = await serveHttp(server)
  const folder = await mkdtemp(join(tmpdir(), 'conformance-api-'))
  const kubeconfigPath = join(folder, 'kubeconfig')
  await writeFile(kubeconfigPath, kubeconfigOf(http.url))
  const controllers =
    ground === 'api'
      ? undefined
      : startControllers({ transport: (name) => server.client(name), clock: systemClock, random: Math.random })
  await controllers?.ready
  return {
    url: http.url,
    kubeconfigPath,
    images: {},
    nodes: [],
    compact: () => server.compact(),
    async down() {
      await controllers?.stop()
      await http.close()
      await rm(folder, { recursive: true })
    },
  }
}

async function wholeCluster(): Promise<Underneath> {
  const image = imageNames.naive
  // Cases bring their own programs, as lines of JavaScript.
  const images = { [image]: { command: [process.execPath] } }
  const cluster = await startCluster({ images })
  const { url, kubeconfigPath, nodes, server } = cluster
  return {
    url,
    kubeconfigPath,
    images: { naive: image },
    nodes,
    compact: () => server.compact(),
    down: () => cluster.stop(),
  }
}
