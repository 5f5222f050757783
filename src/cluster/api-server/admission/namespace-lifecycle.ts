import { type KubeObject, namespaces } from '../../../kube/index.ts'
import { forbidden, notFound } from '../api-error.ts'
import type { ServedResource } from '../resources/served-resource.ts'
import type { ServerContext } from '../server-context.ts'

const immortal: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public'])

/** Nothing new comes into a namespace that is not there, or that is going. @throws ApiError 404, 403 */
export function checkNamespace({ resources }: ServerContext, resource: ServedResource, object: KubeObject): void {
  const { namespace, name } = object.metadata
  if (!resource.kind.resource.namespaced || namespace === undefined) return
  const found = resources.collectionOf('namespaces').get(undefined, namespace)
  if (found === undefined) throw notFound(namespaces, namespace)
  if (found.metadata.deletionTimestamp === undefined) return
  throw forbidden(
    resource.kind.resource,
    name,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
    [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ],
  )
}

/** @throws ApiError 403 for the namespaces that a cluster cannot be without. */
export function checkMayDelete(resource: ServedResource, name: string): void {
  if (resource.kind.resource.plural !== 'namespaces' || !immortal.has(name)) return
  throw forbidden(namespaces, name, 'this namespace may not be deleted')
}
