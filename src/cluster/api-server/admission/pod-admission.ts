import { type KubeObject, pods } from '../../../kube/index.ts'
import { forbidden } from '../api-error.ts'
import type { Resources } from '../resources/resources.ts'

interface PodSpec {
  serviceAccountName?: string
  serviceAccount?: string
  priority?: number
  priorityClassName?: string
}

/**
 * A new pod runs as its namespace's own account, where there is one: nobody makes them but a controller. Changes `pod`.
 * @throws ApiError 403 for another account that is not there, and for a priority of its own.
 */
export function admitPod(pod: KubeObject, resources: Resources): void {
  const { spec } = pod as { spec?: PodSpec }
  if (spec === undefined) return
  const account = resources.collectionOf('serviceaccounts').get(pod.metadata.namespace, 'default')
  if (account !== undefined) spec.serviceAccountName ??= 'default'
  if (spec.serviceAccountName !== undefined) spec.serviceAccount = spec.serviceAccountName
  if (account !== undefined) checkAccount(pod, spec.serviceAccountName ?? '', resources)
  if (spec.priority !== undefined && spec.priority !== 0 && spec.priorityClassName === undefined) {
    const why = `the integer value of priority (${spec.priority}) must not be provided in pod spec`
    throw forbidden(
      pods,
      pod.metadata.name,
      `${why}; priority admission controller computed 0 from the given PriorityClass name`,
    )
  }
}

/** @throws ApiError 403 for an account that is not there. */
function checkAccount({ metadata }: KubeObject, account: string, resources: Resources): void {
  const { namespace, name } = metadata
  const isThere = resources.collectionOf('serviceaccounts').get(namespace, account) !== undefined
  if (isThere) return
  const why = `error looking up service account ${namespace}/${account}: serviceaccount "${account}" not found`
  throw forbidden(pods, name, why)
}
