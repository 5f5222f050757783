import { collectionPath } from '../../../kube/index.ts'
import type { ServedResource } from '../resources/served-resource.ts'
import { schemaNameOf } from './openapi-schemas.ts'

const query = ['pretty', 'dryRun', 'fieldManager', 'fieldValidation'].map((name) => parameter(name, 'string'))

function parameter(name: string, type: string): object {
  return { name, in: 'query', schema: { type, uniqueItems: true } }
}

/**
 * Where resources are, as far as clients look: which kind is at a path, which parameters its writes take, and which
 * patches it understands.
 */
export function openApiPaths(resources: readonly ServedResource[]): Record<string, object> {
  const paths: Record<string, object> = {}
  for (const resource of resources) {
    const { group, version, kind, namespaced } = resource.kind.resource
    const gvk = { group, version, kind }
    const body = { $ref: `#/components/schemas/${schemaNameOf(resource)}` }
    const operation = (action: string): object => ({
      'x-kubernetes-action': action,
      'x-kubernetes-group-version-kind': gvk,
      responses: { 200: { description: 'OK', content: { 'application/json': { schema: body } } } },
    })
    const write = (action: string): object => ({
      ...operation(action),
      parameters: query,
      requestBody: { content: { '*/*': { schema: body } } },
    })
    const patchTypes = [
      'application/apply-patch+yaml',
      'application/json-patch+json',
      'application/merge-patch+json',
      ...(resource.kind.strategicMerge ? ['application/strategic-merge-patch+json'] : []),
    ]
    const patch = {
      ...write('patch'),
      parameters: [...query, parameter('force', 'boolean')],
      requestBody: { content: Object.fromEntries(patchTypes.map((type) => [type, { schema: { type: 'object' } }])) },
    }
    // Braces cannot be part of a name in a real path.
    const collection = collectionPath(resource.kind.resource).replace(
      new RegExp(`/${resource.kind.resource.plural}$`),
      `${namespaced ? '/namespaces/{namespace}' : ''}/${resource.kind.resource.plural}`,
    )
    paths[collection] = { get: operation('list'), post: write('post'), delete: operation('deletecollection') }
    paths[`${collection}/{name}`] = { get: operation('get'), put: write('put'), patch, delete: operation('delete') }
    if (resource.kind.subresources.includes('status')) {
      paths[`${collection}/{name}/status`] = { get: operation('get'), put: write('put'), patch }
    }
  }
  return paths
}
