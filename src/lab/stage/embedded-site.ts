import type { Cluster, Programming } from '../../cluster/index.ts'
import { createKubeApi } from '../../kube/index.ts'
import { imageNames, processImages } from './images.ts'
import { podProxy } from './pod-proxy.ts'
import type { Dataplane, Program, Site } from './site.ts'

export interface EmbeddedSiteOptions {
  /** The bundled file of each program: what its image is, here. */
  readonly files: Readonly<Record<Program, string>>
  readonly nodes: number
  readonly signal: AbortSignal
  /** What went wrong inside the cluster, and is tried again. */
  readonly onError?: (component: string, error: unknown) => void
}

/** A cluster in this process, whose pods are processes beside it. It needs nothing but Node. */
export async function openEmbeddedSite({ files, nodes, signal, onError }: EmbeddedSiteOptions): Promise<Site> {
  // A rehearsal in a cluster of somebody else need not load one.
  const { startCluster } = await import('../../cluster/index.ts')
  const cluster = await startCluster({
    nodes,
    images: processImages(files),
    ...(onError === undefined ? {} : { onError }),
  })
  const transport = cluster.client('drainctl')
  const { gitVersion } = await createKubeApi(transport).getPath<{ gitVersion: string }>('/version')
  return {
    kind: 'embedded',
    transport,
    nodes: cluster.nodes,
    kubernetesVersion: gitVersion.replace(/^v/, ''),
    image: (program) => imageNames[program],
    agentTransport: (pod, port) => podProxy(transport, pod, port, signal),
    serviceAddress: (node, service) => cluster.proxyAddress(node, service, signal),
    dataplane: dataplaneOf(cluster),
    memoryBytes: () => cluster.memoryBytes(),
    close: () => cluster.stop(),
  }
}

function dataplaneOf(cluster: Cluster): Dataplane {
  const of = (node: string, podIp: string): Programming[] =>
    cluster.programmings().filter((each) => each.node === node && each.address === podIp)
  return {
    setLag: (lag) => cluster.setLag(lag),
    routes: (node, podIp) => of(node, podIp).at(-1)?.routed === true,
    letGoMs: (node, podIp, sinceMs) =>
      of(node, podIp).find(({ routed, programmedAtMs }) => !routed && programmedAtMs >= sinceMs)?.programmedAtMs ??
      null,
  }
}
