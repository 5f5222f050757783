import { type KubeObject, type Resource, resourceName } from '../../../kube/index.ts'
import type { ServerContext } from '../server-context.ts'
import { cloneJson } from '../storage/json.ts'
import type { StoredWrite } from '../stored-write.ts'
import { setCondition } from './conditions.ts'
import { commit } from './storing.ts'

interface Definition extends KubeObject {
  spec: {
    group: string
    names: { plural: string; singular?: string; kind: string; listKind?: string }
    scope: string
    versions: { name: string; storage: boolean }[]
  }
  status?: { acceptedNames?: object; storedVersions?: string[] }
}

const definitionsName = 'customresourcedefinitions.apiextensions.k8s.io'
const manager = 'kube-apiserver'

/**
 * What the API server itself does about CustomResourceDefinitions, right after each write of one: a definition is
 * established, since it is served from the moment it is stored; with one that is gone, its objects go.
 */
export function followDefinition(context: ServerContext, write: StoredWrite): void {
  if (resourceName(write.resource) !== definitionsName || !write.changed) return
  const definition = write.object as Definition
  if (write.removed) deleteObjects(context, definition)
  else if (write.subresource !== 'status') establish(context, write, definition)
}

function establish(context: ServerContext, write: StoredWrite, definition: Definition): void {
  const resource = context.resources.of(write.resource)
  if (resource === undefined) return
  const { spec } = definition
  const next = cloneJson(definition)
  const singular = spec.names.singular ?? spec.names.kind.toLowerCase()
  const listKind = spec.names.listKind ?? `${spec.names.kind}List`
  const storage = spec.versions.find((version) => version.storage)?.name ?? ''
  next.status = {
    ...next.status,
    acceptedNames: { ...spec.names, singular, listKind },
    storedVersions: [...new Set([...(next.status?.storedVersions ?? []), storage])],
  }
  const names = { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts' } as const
  setCondition(next, { ...names, message: 'no conflicts found' }, context.clock)
  const initial = { type: 'Established', status: 'True', reason: 'InitialNamesAccepted' } as const
  setCondition(next, { ...initial, message: 'the initial names have been accepted' }, context.clock)
  const { name } = definition.metadata
  const target = { resource, namespace: undefined, name, subresource: 'status', rest: '' }
  const options = { dryRun: false, fieldManager: manager }
  commit({ context, target, client: manager, verb: 'update', options }, definition, next)
}

function deleteObjects(context: ServerContext, { metadata, spec }: Definition): void {
  const collection = context.resources.collectionOf(metadata.name)
  const resource: Resource = {
    group: spec.group,
    version: spec.versions.find((version) => version.storage)?.name ?? '',
    plural: spec.names.plural,
    kind: spec.names.kind,
    namespaced: spec.scope === 'Namespaced',
  }
  for (const before of collection.all()) {
    const object = collection.remove(before)
    const { namespace, name } = object.metadata
    const what = { resource, subresource: undefined, namespace, name, object, before }
    context.written({ client: manager, verb: 'delete', ...what, changed: true, removed: true })
  }
}
