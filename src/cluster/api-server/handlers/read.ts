import type { KubeObject, TransportResponse } from '../../../kube/index.ts'
import { keyOf } from '../../../kube/index.ts'
import { badRequest, expired, notFound, tooLargeVersion } from '../api-error.ts'
import type { ApiRequest } from '../request/api-request.ts'
import { type ListOptions, listOptionsOf, versionOf } from '../request/list-options.ts'
import { goMessage } from '../request/body.ts'
import { answerList, answerObject, type ListMeta } from '../request/presentation.ts'
import type { Target } from '../request/target.ts'
import type { ServedResource } from '../resources/served-resource.ts'
import type { ServerContext } from '../server-context.ts'

/** The object that a request names. @throws ApiError 404 */
export function existing({ resource, namespace, name = '' }: Target): KubeObject {
  const object = resource.collection.get(namespace, name)
  if (object === undefined) throw notFound(resource.kind.resource, name)
  return object
}

export function readObject(context: ServerContext, request: ApiRequest, target: Target): TransportResponse {
  const asked = versionOf(request.query['resourceVersion']) ?? 0
  if (asked > context.history.version) throw tooLargeVersion(asked, context.history.version)
  return answerObject(context, request, target.resource, existing(target))
}

export function listObjects(context: ServerContext, request: ApiRequest, target: Target): TransportResponse {
  const options = listOptionsOf(request, target.resource, false)
  const page = pageOf(context, target, options)
  return answerList(context, request, target.resource, page.objects, page.metadata)
}

interface Page {
  readonly objects: readonly KubeObject[]
  readonly metadata: ListMeta
}

/** Where the next page begins, as a continue token carries it. A version of -1 is whatever is there then. */
interface Mark {
  readonly v: 'meta.k8s.io/v1'
  readonly rv: number
  readonly start: string
}

function pageOf(context: ServerContext, target: Target, options: ListOptions): Page {
  const { version, after } = startOf(context, options)
  const { resource, namespace } = target
  const all =
    version === context.history.version ? resource.collection.all(namespace) : resource.collection.allAt(version)
  if (all === undefined) {
    if (after === undefined) {
      throw expired(`The resourceVersion for the provided list is too old.`)
    }
    throw expired(expiredContinueMessage, tokenOf(-1, after))
  }
  const isSelected = selectionOf(resource, namespace, options)
  const selected = all.filter((object) => isSelected(object) && (after === undefined || keyOf(object.metadata) > after))
  const resourceVersion = String(version)
  const { limit } = options
  if (limit <= 0 || selected.length <= limit) return { objects: selected, metadata: { resourceVersion } }
  const objects = selected.slice(0, limit)
  const last = objects.at(-1)
  const isExact = options.labels.isEmpty && options.fields.isEmpty
  return {
    objects,
    metadata: {
      resourceVersion,
      continue: tokenOf(version, last === undefined ? '' : keyOf(last.metadata)),
      ...(isExact ? { remainingItemCount: selected.length - limit } : {}),
    },
  }
}

/** At which version, and after which key. */
function startOf({ history }: ServerContext, options: ListOptions): { version: number; after: string | undefined } {
  if (options.continue !== undefined) {
    if (options.resourceVersion !== undefined && options.resourceVersion !== 0) {
      throw badRequest('specifying resource version is not allowed when using continue')
    }
    const { rv, start } = markOf(options.continue)
    return { version: rv < 0 ? history.version : rv, after: start }
  }
  const asked = options.resourceVersion ?? 0
  if (asked > history.version) throw tooLargeVersion(asked, history.version)
  const isExact = options.match === 'Exact' || (options.match === undefined && options.limit > 0 && asked > 0)
  return { version: isExact ? asked : history.version, after: undefined }
}

/** Whether an object is in the namespace and fits the selectors. Fields are those of the version that was asked for. */
export function selectionOf(
  resource: ServedResource,
  namespace: string | undefined,
  { labels, fields }: ListOptions,
): (object: KubeObject) => boolean {
  const { conversion } = resource
  return (object) =>
    (namespace === undefined || object.metadata.namespace === namespace) &&
    (labels.isEmpty || labels.matches(object.metadata.labels)) &&
    (fields.isEmpty || fields.matches(conversion === undefined ? object : conversion.fromStored(object)))
}

function tokenOf(version: number, key: string): string {
  const mark: Mark = { v: 'meta.k8s.io/v1', rv: version, start: `${key}\u0000` }
  return Buffer.from(JSON.stringify(mark)).toString('base64url')
}

function markOf(token: string): Mark {
  const text = Buffer.from(token, 'base64url').toString('latin1')
  let mark: Mark
  try {
    mark = JSON.parse(text) as Mark
  } catch (error) {
    throw badRequest(`invalid continue token: continue key is not valid: ${goMessage(text, error as Error)}`)
  }
  if (mark.v !== 'meta.k8s.io/v1') {
    const why = 'server does not recognize this encoded version'
    throw badRequest(`invalid continue token: continue key is not valid: ${why} ${String(mark.v)}`)
  }
  const start = Buffer.from(mark.start, 'latin1').toString('utf8')
  return { ...mark, start: start.endsWith('\u0000') ? start.slice(0, -1) : start }
}

const expiredContinueMessage =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.'
