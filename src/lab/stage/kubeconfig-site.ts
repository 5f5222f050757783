import {
  createKubeApi,
  createUndiciTransport,
  type KubeApi,
  type KubeObject,
  nodes as nodeResource,
  systemClock,
} from '../../kube/index.ts'
import { podProxy } from './pod-proxy.ts'
import type { Program, Site } from './site.ts'

export interface KubeconfigSiteOptions {
  readonly kubeconfigPath: string
  /** @default the file's current context */
  readonly context?: string
  /** The references that the nodes can pull, by program. */
  readonly images: Readonly<Record<Program, string>>
  readonly signal: AbortSignal
  /** Ends the cluster itself, where whoever opened it started it. @default nothing */
  readonly down?: () => Promise<void>
}

/** More would measure nothing more, and would put an agent on each node of a large cluster. */
const mostNodes = 4

/** The cluster of a kubeconfig: its dataplane is its own, and so are its pods' networks. */
export async function openKubeconfigSite(options: KubeconfigSiteOptions): Promise<Site> {
  // It costs memory and time that an embedded cluster need not pay.
  const { loadClusterConfig } = await import('../../kube/client-node.ts')
  const { access } = loadClusterConfig({
    clock: systemClock,
    kubeconfig: options.kubeconfigPath,
    ...(options.context === undefined ? {} : { context: options.context }),
  })
  const transport = createUndiciTransport({ access, clock: systemClock, userAgent: 'drainctl' })
  const api = createKubeApi(transport)
  const { signal } = options
  try {
    const { gitVersion } = await api.getPath<{ gitVersion: string }>('/version', { signal })
    return {
      kind: 'kubeconfig',
      transport,
      nodes: await nodesForPods(api, signal),
      kubernetesVersion: gitVersion.replace(/^v/, ''),
      image: (program) => options.images[program],
      agentTransport: (pod, port) => podProxy(transport, pod, port, signal),
      serviceAddress: async (_node, { clusterIp, port }) => ({ host: clusterIp, port }),
      dataplane: null,
      memoryBytes: async () => null,
      async close() {
        await transport.close()
        await options.down?.()
      },
    }
  } catch (error) {
    await transport.close()
    throw error
  }
}

interface RawNode {
  spec?: { unschedulable?: boolean; taints?: { effect?: string }[] }
  status?: { conditions?: { type: string; status: string }[] }
}

async function nodesForPods(api: KubeApi, signal: AbortSignal): Promise<string[]> {
  const { items } = await api.list<KubeObject & RawNode>(nodeResource, { signal })
  return items
    .filter(({ spec, status }) => {
      const ready = status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true
      const closed = spec?.unschedulable === true || spec?.taints?.some(({ effect }) => effect !== 'PreferNoSchedule')
      return ready && closed !== true
    })
    .map(({ metadata }) => metadata.name)
    .slice(0, mostNodes)
}
