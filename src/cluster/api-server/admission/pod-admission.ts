import type { KubeObject } from '../../../kube/index.ts'
import type { Resources } from '../resources/resources.ts'

interface Toleration {
  key?: string
  operator?: string
  effect?: string
  tolerationSeconds?: number
}

interface PodSpec {
  serviceAccountName?: string
  serviceAccount?: string
  priority?: number
  preemptionPolicy?: string
  tolerations?: Toleration[]
}

const tolerationSeconds = 300
const toleratedKeys = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']

/** What the admission plugins of a usual cluster write into a new pod. Changes `pod`. */
export function admitPod(pod: KubeObject, resources: Resources): void {
  const { spec } = pod as { spec?: PodSpec }
  if (spec === undefined) return
  // Where nobody makes service accounts, pods have none.
  const accounts = resources.collectionOf('serviceaccounts')
  if (accounts.get(pod.metadata.namespace, 'default') !== undefined) spec.serviceAccountName ??= 'default'
  if (spec.serviceAccountName !== undefined) spec.serviceAccount = spec.serviceAccountName
  spec.priority ??= 0
  spec.preemptionPolicy ??= 'PreemptLowerPriority'
  for (const key of toleratedKeys) {
    if (spec.tolerations?.some((toleration) => tolerates(toleration, key)) === true) continue
    spec.tolerations ??= []
    spec.tolerations.push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds })
  }
}

function tolerates({ key = '', effect = '' }: Toleration, wanted: string): boolean {
  return (key === wanted || key === '') && (effect === 'NoExecute' || effect === '')
}
