import { loadClusterConfig } from '../../src/kube/client-node.ts'
import { createUndiciTransport, systemClock } from '../../src/kube/index.ts'
import type { Cluster } from '../cluster/provider.ts'
import { programImage } from '../images.ts'
import type { Ground, Target } from './target.ts'

const quietMs = 2000

/** A real cluster as a target. `down` ends it only where the provider made it. */
export async function realTarget(cluster: Cluster, ground: Ground): Promise<Target> {
  const { access } = loadClusterConfig({ clock: systemClock, kubeconfig: cluster.kubeconfigPath })
  const images: Record<string, string> = {}
  if (ground === 'cluster') {
    for (const program of ['naive'] as const) {
      images[program] = await cluster.loadImage(await programImage(program))
    }
  }
  return {
    name: 'real',
    ground,
    client: (userAgent) => createUndiciTransport({ access, clock: systemClock, userAgent }),
    kubernetesVersion: cluster.kubernetesVersion,
    kubeconfigPath: cluster.kubeconfigPath,
    kubectlPath: cluster.kubectlPath,
    images,
    nodes: cluster.nodes,
    quietMs,
    compact: () => undefined,
    down: () => cluster.down(),
  }
}
