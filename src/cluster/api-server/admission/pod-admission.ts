import type { KubeObject } from '../../../kube/index.ts'
import type { Resources } from '../resources/resources.ts'

interface PodSpec {
  serviceAccountName?: string
  serviceAccount?: string
}

/** A new pod runs as its namespace's own account, where there is one: nobody makes them but a controller. Changes `pod`. */
export function admitPod(pod: KubeObject, resources: Resources): void {
  const { spec } = pod as { spec?: PodSpec }
  if (spec === undefined) return
  const account = resources.collectionOf('serviceaccounts').get(pod.metadata.namespace, 'default')
  if (account !== undefined) spec.serviceAccountName ??= 'default'
  if (spec.serviceAccountName !== undefined) spec.serviceAccount = spec.serviceAccountName
}
