import { rm, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Cluster, type LagModel, startCluster, usualLag } from '../cluster/index.ts'
import { type KubeObject, services } from '../kube/index.ts'
import { processImages } from '../lab/stage/index.ts'
import { buildPrograms } from './build-programs.ts'
import type { ClusterCommandOptions } from './cluster-command.ts'
import { UsageError } from './usage-error.ts'

export interface ClusterSurroundings {
  readonly write: (line: string) => void
  /** Aborted when the user wants it to end. */
  readonly signal: AbortSignal
}

/**
 * Runs a cluster until the signal aborts; resolves with the exit code when nothing of it is left.
 * @throws UsageError for options that cannot be; nothing was started then.
 */
export async function runCluster(
  options: ClusterCommandOptions,
  { write, signal }: ClusterSurroundings,
): Promise<0 | 130> {
  const { nodes, port, kubeconfig } = options
  const lag = lagModel(options)
  const images = { ...(options.lab ? processImages(await buildPrograms(signal)) : {}), ...options.image }
  const cluster = await startCluster({ nodes, port, images, ...(lag === undefined ? {} : { lag }) })
  try {
    const path = kubeconfig === undefined ? cluster.kubeconfigPath : resolve(kubeconfig)
    if (kubeconfig !== undefined) await writeNew(path, cluster.kubeconfig)
    write(`The API server is at ${cluster.url}; the nodes are ${cluster.nodes.join(' and ')}.`)
    write(`Images: ${Object.keys(images).join(', ') || 'none'}`)
    write(`export KUBECONFIG=${path}`)
    const stopTelling = tellServices(cluster, write, signal)
    await aborted(signal)
    stopTelling()
    if (kubeconfig !== undefined) await rm(path, { force: true })
  } finally {
    await cluster.stop()
  }
  return 130
}

function lagModel({ lag, nodes }: ClusterCommandOptions): LagModel | undefined {
  const { '': usual = usualLag.default, ...named } = lag
  for (const node of Object.keys(named)) {
    const number = /^node-([1-9]\d*)$/.exec(node)?.[1]
    if (number === undefined || Number(number) > nodes) {
      throw new UsageError(`--lag names the node "${node}": there are node-1 to node-${nodes}`)
    }
  }
  return Object.keys(lag).length === 0 ? undefined : { default: usual, nodes: named }
}

async function writeNew(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o600 })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const why = code === 'EEXIST' ? 'it exists already' : String(code)
    throw new UsageError(`the kubeconfig cannot be written to ${path}: ${why}`)
  }
}

/** There are no routes for cluster addresses: says of each Service where each node's clients find it. */
function tellServices(cluster: Cluster, write: (line: string) => void, signal: AbortSignal): () => void {
  return cluster.server.onWrite(({ verb, resource, object, removed, before }) => {
    if (resource.plural !== services.plural || removed || before !== undefined || verb === 'delete') return
    const { namespace = '', name } = object.metadata
    const { ports = [], clusterIP } = (object as KubeObject & { spec?: ServiceSpec }).spec ?? {}
    if (clusterIP === 'None') return
    for (const { port } of ports) {
      const addresses = cluster.nodes.map(async (node) => {
        const address = await cluster.proxyAddress(node, { namespace, name, port }, signal)
        return `${address.host}:${address.port} on ${node}`
      })
      Promise.all(addresses).then(
        (found) => write(`Service ${namespace}/${name}:${port} is at ${found.join(', ')}`),
        // It ends before anybody could know.
        () => {},
      )
    }
  })
}

interface ServiceSpec {
  readonly clusterIP?: string
  readonly ports?: readonly { readonly port: number }[]
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done()
    signal.addEventListener('abort', () => done(), { once: true })
  })
}
