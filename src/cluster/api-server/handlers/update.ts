import type { KubeObject, TransportResponse } from '../../../kube/index.ts'
import { badRequest, notFound } from '../api-error.ts'
import type { ApiRequest } from '../request/api-request.ts'
import { decodeObject } from '../request/body.ts'
import { writeOptionsOf } from '../request/options.ts'
import { answerObject } from '../request/presentation.ts'
import type { Target } from '../request/target.ts'
import type { ServerContext } from '../server-context.ts'
import { matchNamespace } from './create.ts'
import { storeChanged, storeNew, type Writing } from './storing.ts'

/** PUT of a whole object, or of its status. */
export function updateObject(context: ServerContext, request: ApiRequest, target: Target): TransportResponse {
  const options = writeOptionsOf(request, 'UpdateOptions')
  const { resource, namespace, name = '' } = target
  const object = decodeObject(request, resource, options.fieldValidation, (apiVersion) =>
    context.resources.groupVersions.has(apiVersion),
  )
  matchNamespace(object, target)
  checkName(object, target)
  const writing: Writing = { context, target, client: request.userAgent, verb: 'update', options }
  const live = resource.collection.get(namespace, name)
  const written = live === undefined ? createByUpdate(writing, object) : storeChanged(writing, live, object)
  return answerObject(context, request, resource, written.object, written.status)
}

/** @throws ApiError 404 where an update cannot create. */
function createByUpdate(writing: Writing, object: KubeObject): ReturnType<typeof storeNew> {
  const { kind } = writing.target.resource
  if (!kind.createOnUpdate || writing.target.subresource !== undefined) {
    throw notFound(kind.resource, object.metadata.name)
  }
  delete object.metadata.resourceVersion
  return storeNew(writing, object)
}

/** @throws ApiError 400 for an object that is called otherwise than the path says. */
export function checkName({ metadata }: KubeObject, { name = '', namespace }: Target): void {
  if (metadata.name === undefined || metadata.name === '') {
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`)
  }
  if (metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`)
  }
  if (namespace !== undefined && metadata.namespace !== undefined && metadata.namespace !== namespace) {
    throw badRequest(
      `the namespace of the object (${metadata.namespace}) does not match the namespace on the request (${namespace})`,
    )
  }
}
