import type { Cluster } from './cluster/provider.ts'
import { programImage } from './images.ts'
import { Kubectl } from './kubectl.ts'
import { serviceManifest, workloadManifest } from './manifests.ts'
import { installOperator } from './operator-install.ts'

const namespace = 'shop'

/** What the README's tour needs: the operator, and a service to try it on. */
export async function installDemo(cluster: Cluster, progress: (line: string) => void): Promise<void> {
  const kubectl = new Kubectl(cluster)
  progress('building the images of the operator and of the service checkout')
  const operator = await cluster.loadImage(await programImage('operator'))
  const image = await cluster.loadImage(await programImage('drained'))
  progress('installing the operator')
  await installOperator(kubectl, operator)
  progress(`making the Deployment and the Service checkout in the namespace ${namespace}`)
  await kubectl.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  await kubectl.apply(
    workloadManifest({ namespace, name: 'checkout', image, replicas: 4, drained: true }),
    serviceManifest('checkout', namespace),
  )
  await kubectl.run(['-n', namespace, 'rollout', 'status', 'deployment/checkout', '--timeout=120s'])
}
