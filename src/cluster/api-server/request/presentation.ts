import { stringify } from 'yaml'
import { apiVersionOf, type KubeObject } from '../../../kube/index.ts'
import { asServed, listKindOf, type ServedResource } from '../resources/served-resource.ts'
import type { ServerContext } from '../server-context.ts'
import { jsonOf } from '../storage/json.ts'
import { tableOf } from '../tables/table.ts'
import { type Accepted, acceptedOf } from './accept.ts'
import { type ApiRequest, TextAnswer } from './api-request.ts'

/** `metadata` of a list or a table. */
export interface ListMeta {
  readonly resourceVersion: string
  readonly continue?: string
  readonly remainingItemCount?: number
}

/** Whether objects can be given in a form: as they are, as rows of a table, or as their metadata. */
function isServed({ as, group, version }: Accepted): boolean {
  if (group !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return false
  return as === 'Table' || as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList'
}

/** @throws ApiError 406 */
export function formOf(request: ApiRequest): Accepted {
  return acceptedOf(request, isServed)
}

/** An object as it is stored, in the form that the client asks for. */
export function answerObject(
  context: ServerContext,
  request: ApiRequest,
  resource: ServedResource,
  stored: KubeObject,
  status = 200,
): TextAnswer {
  const form = formOf(request)
  const object = asServed(resource, stored)
  if (form.as === 'Table') {
    const metadata = { resourceVersion: object.metadata.resourceVersion ?? '' }
    return answerJson(request, tableOf(resource, [object], metadata, request.query, context.clock), status, form)
  }
  if (form.as !== undefined) return answerJson(request, partial(object, 'v1'), status, form)
  return form.format === 'yaml'
    ? answerJson(request, object, status, form)
    : answerText(request, jsonOf(object), status)
}

export function answerList(
  context: ServerContext,
  request: ApiRequest,
  resource: ServedResource,
  stored: readonly KubeObject[],
  metadata: ListMeta,
): TextAnswer {
  const form = formOf(request)
  const objects = resource.conversion === undefined ? stored : stored.map((object) => asServed(resource, object))
  if (form.as === 'Table') {
    return answerJson(request, tableOf(resource, objects, metadata, request.query, context.clock), 200, form)
  }
  if (form.as !== undefined) {
    const items = objects.map((object) => partial(object, 'v1'))
    const list = { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items }
    return answerJson(request, list, 200, form)
  }
  const head = { kind: listKindOf(resource), apiVersion: apiVersionOf(resource.kind.resource), metadata }
  const text = `${JSON.stringify(head).slice(0, -1)},"items":[${objects.map((object) => itemText(resource, object)).join(',')}]}`
  return form.format === 'yaml' ? answerJson(request, JSON.parse(text), 200, form) : answerText(request, text, 200)
}

/** Items of built-in kinds go without the kind that they all have; those of custom ones keep it. */
function itemText(resource: ServedResource, object: KubeObject): string {
  const text = jsonOf(object)
  if (resource.custom !== undefined) return text
  const identity = JSON.stringify({ kind: object.kind, apiVersion: object.apiVersion })
  return text.startsWith(identity.slice(0, -1)) ? `{${text.slice(identity.length)}` : text
}

/** Metadata alone, under the kind that says so. */
export function partial(object: KubeObject, version: string): KubeObject {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata }
}

/** Any other JSON. */
export function answerJson(request: ApiRequest, value: unknown, status = 200, form?: Accepted): TextAnswer {
  if (form?.format === 'yaml') {
    return new TextAnswer(status, stringify(value), 'application/yaml', warningHeader(request))
  }
  return answerText(request, JSON.stringify(value), status)
}

function answerText(request: ApiRequest, text: string, status: number): TextAnswer {
  return new TextAnswer(status, text, 'application/json', warningHeader(request))
}

/** As RFC 7234 has it; several are one header's list. */
function warningHeader({ warnings }: ApiRequest): Record<string, string> {
  if (warnings.length === 0) return {}
  const values = [...new Set(warnings)].map((text) => `299 - ${JSON.stringify(text)}`)
  return { warning: values.join(', ') }
}
