import type { TransportResponse } from '../../../kube/index.ts'
import type { KubeObject } from '../../../kube/index.ts'
import { badRequest } from '../api-error.ts'
import type { ApiRequest } from '../request/api-request.ts'
import { decodeObject } from '../request/body.ts'
import { writeOptionsOf } from '../request/options.ts'
import { answerObject } from '../request/presentation.ts'
import type { Target } from '../request/target.ts'
import type { ServerContext } from '../server-context.ts'
import { storeNew } from './storing.ts'

/** POST of an object to its collection. */
export function createObject(context: ServerContext, request: ApiRequest, target: Target): TransportResponse {
  const options = writeOptionsOf(request, 'CreateOptions')
  const object = decodeObject(request, target.resource, options.fieldValidation, (apiVersion) =>
    context.resources.groupVersions.has(apiVersion),
  )
  const { metadata } = object
  delete metadata.uid
  delete metadata.creationTimestamp
  delete metadata.deletionTimestamp
  delete metadata.deletionGracePeriodSeconds
  matchNamespace(object, target)
  const written = storeNew({ context, target, client: request.userAgent, verb: 'create', options }, object)
  return answerObject(context, request, target.resource, written.object, written.status)
}

/** The namespace of the path, unless the object names another one. Changes `object`. @throws ApiError 400 */
export function matchNamespace({ metadata }: KubeObject, { resource, namespace }: Target): void {
  if (!resource.kind.resource.namespaced) {
    delete metadata.namespace
  } else if (metadata.namespace === undefined || metadata.namespace === '') {
    if (namespace !== undefined) metadata.namespace = namespace
  } else if (metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
}
