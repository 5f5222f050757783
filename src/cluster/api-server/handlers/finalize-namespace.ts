import type { KubeObject, TransportResponse } from '../../../kube/index.ts'
import type { ApiRequest } from '../request/api-request.ts'
import { decodeObject } from '../request/body.ts'
import { writeOptionsOf } from '../request/options.ts'
import { answerObject } from '../request/presentation.ts'
import type { Target } from '../request/target.ts'
import type { ServerContext } from '../server-context.ts'
import { cloneJson } from '../storage/json.ts'
import { conflict } from '../api-error.ts'
import { existing } from './read.ts'
import { commit } from './storing.ts'
import { checkName } from './update.ts'

interface Namespace extends KubeObject {
  spec?: { finalizers?: string[] }
}

/** PUT of namespaces/finalize: the only way to change the finalizers of its spec. */
export function finalizeNamespace(context: ServerContext, request: ApiRequest, target: Target): TransportResponse {
  const options = writeOptionsOf(request, 'UpdateOptions')
  const sent = decodeObject(request, target.resource, options.fieldValidation, (apiVersion) =>
    context.resources.groupVersions.has(apiVersion),
  ) as Namespace
  checkName(sent, target)
  const live = existing(target) as Namespace
  const version = sent.metadata.resourceVersion
  if (version !== undefined && version !== '' && version !== live.metadata.resourceVersion) {
    throw conflict(target.resource.kind.resource, live.metadata.name)
  }
  const next = cloneJson(live)
  const { finalizers } = sent.spec ?? {}
  next.spec = finalizers === undefined || finalizers.length === 0 ? {} : { finalizers }
  const writing = { context, target, client: request.userAgent, verb: 'update', options } as const
  return answerObject(context, request, target.resource, commit(writing, live, next).object)
}
