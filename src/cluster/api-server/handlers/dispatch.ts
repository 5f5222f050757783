import type { TransportResponse } from '../../../kube/index.ts'
import { ApiError, methodNotAllowed, notFound, nothingThere } from '../api-error.ts'
import { answerDiscovery } from '../discovery/discovery.ts'
import { answerHealth } from '../discovery/health.ts'
import { answerOpenApi } from '../discovery/openapi.ts'
import { type ApiRequest, isTrue, TextAnswer } from '../request/api-request.ts'
import { type Target, targetOf } from '../request/target.ts'
import type { ServerContext } from '../server-context.ts'
import { bindPod } from './bind.ts'
import { createObject } from './create.ts'
import { deleteCollection, deleteObject } from './delete.ts'
import { evictPod } from './evict.ts'
import { finalizeNamespace } from './finalize-namespace.ts'
import { patchObject } from './patch.ts'
import { proxyToPod, readPodLog } from './pod-access.ts'
import { listObjects, readObject } from './read.ts'
import { answerReview } from './review.ts'
import { readScale, writeScale } from './scale.ts'
import { updateObject } from './update.ts'
import { watchObjects } from './watch.ts'

type Handler = (
  context: ServerContext,
  request: ApiRequest,
  target: Target,
) => TransportResponse | Promise<TransportResponse>

type Methods = Partial<Record<ApiRequest['method'], Handler>>

const ofCollection: Methods = {
  GET: (context, request, target) =>
    isWatch(request) ? watchObjects(context, request, target) : listObjects(context, request, target),
  POST: createObject,
  DELETE: deleteCollection,
}

const ofObject: Methods = {
  GET: readObject,
  PUT: updateObject,
  PATCH: patchObject,
  DELETE: deleteObject,
}

const ofSubresource: Readonly<Record<string, Methods>> = {
  status: { GET: readObject, PUT: updateObject, PATCH: patchObject },
  scale: { GET: readScale, PUT: writeScale, PATCH: writeScale },
  binding: { POST: bindPod },
  eviction: { POST: evictPod },
  log: { GET: readPodLog },
}

const serverSubresources: Readonly<Record<string, Readonly<Record<string, Methods>>>> = {
  namespaces: { finalize: { PUT: finalizeNamespace } },
  pods: {
    proxy: { GET: proxyToPod, POST: proxyToPod, PUT: proxyToPod, PATCH: proxyToPod, DELETE: proxyToPod },
  },
}

/**
 * Answers a request. All but logs and proxies are handled at once, before this returns; what goes wrong is an answer too.
 */
export function dispatch(context: ServerContext, request: ApiRequest): TransportResponse | Promise<TransportResponse> {
  try {
    const answer = answered(context, request)
    return answer instanceof Promise ? answer.catch(failureOf) : answer
  } catch (error) {
    return failureOf(error)
  }
}

function answered(context: ServerContext, received: ApiRequest): TransportResponse | Promise<TransportResponse> {
  const request = withoutWatchPrefix(received)
  const target = targetOf(request.path, context.resources)
  if (target === undefined) {
    const other =
      answerHealth(request, context.gitVersion) ??
      answerDiscovery(request, context.resources) ??
      answerOpenApi(request, context.resources) ??
      answerReview(request)
    if (other !== undefined) return other
    if (isInServedGroup(request.path, context)) throw nothingThere()
    return new TextAnswer(404, '404 page not found\n', 'text/plain; charset=utf-8')
  }
  const methods = methodsOf(target)
  if (methods === undefined) {
    const { resource, name = '' } = target
    throw resource.custom === undefined ? nothingThere() : notFound(resource.kind.resource, name)
  }
  const handler = request === received ? methods[request.method] : watchObjects
  if (handler === undefined) throw methodNotAllowed()
  return handler(context, request, target)
}

/** `/api/v1/watch/...` is how a watch was asked for once, and the only way to watch one object by its path. */
function withoutWatchPrefix(request: ApiRequest): ApiRequest {
  if (request.method !== 'GET' || !request.path.includes('/watch/')) return request
  const [, root, rest] = /^(\/api\/[^/]+|\/apis\/[^/]+\/[^/]+)\/watch(\/.+)$/.exec(request.path) ?? []
  return root === undefined || rest === undefined ? request : { ...request, path: `${root}${rest}` }
}

function isInServedGroup(path: string, { resources }: ServerContext): boolean {
  const [, root, group] = path.split('/')
  if (root === 'api') return true
  return root === 'apis' && resources.all().some(({ kind }) => kind.resource.group === group)
}

function methodsOf({ resource, name, namespace, subresource, rest }: Target): Methods | undefined {
  const { namespaced, plural } = resource.kind.resource
  if (name === undefined) {
    // Objects are created in one namespace, never in all of them.
    if (namespaced && namespace === undefined) return { GET: ofCollection.GET as Handler }
    // Namespaces go one by one.
    if (plural === 'namespaces') return { GET: ofCollection.GET as Handler, POST: createObject }
    return ofCollection
  }
  if (subresource === undefined) return ofObject
  const own = serverSubresources[resource.collection.name]?.[subresource]
  if (own !== undefined) return own
  const isServed = rest === '' && (resource.kind.subresources as readonly string[]).includes(subresource)
  return isServed ? ofSubresource[subresource] : undefined
}

function isWatch({ query }: ApiRequest): boolean {
  return query['watch'] !== undefined && isTrue(query['watch'])
}

function failureOf(error: unknown): TransportResponse {
  const status = error instanceof ApiError ? error.status : unexpected(error).status
  const seconds = status.details?.retryAfterSeconds
  const headers = seconds === undefined ? {} : { 'retry-after': String(seconds) }
  return new TextAnswer(status.code, JSON.stringify(status), 'application/json', headers)
}

/** A mistake of this server: the client sees it, with where it happened. */
function unexpected(error: unknown): ApiError {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return new ApiError({ code: 500, reason: 'InternalError', message: `Internal error occurred: ${message}` })
}
