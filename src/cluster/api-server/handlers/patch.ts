import type { KubeObject, TransportResponse } from '../../../kube/index.ts'
import { ApiError, badRequest, conflict, invalid, notFound, unsupportedPatchType } from '../api-error.ts'
import { applyFields, ApplyConflict, ApplyRefused } from '../fields/index.ts'
import { jsonPatch, mergePatch, PatchRefused, strategicMergePatch } from '../patch/index.ts'
import type { ApiRequest } from '../request/api-request.ts'
import { mediaTypeOf, misidentified, readJson, readYaml, settleDecoded } from '../request/body.ts'
import { type WriteOptions, writeOptionsOf } from '../request/options.ts'
import { answerObject } from '../request/presentation.ts'
import type { Target } from '../request/target.ts'
import { asServed, type ServedResource } from '../resources/served-resource.ts'
import type { ServerContext } from '../server-context.ts'
import { sameJson } from '../schema/json.ts'
import { cloneJson } from '../storage/json.ts'
import { matchNamespace } from './create.ts'
import { storeChanged, storeNew, writerOf, type Writing, type Written } from './storing.ts'
import { checkName } from './update.ts'

const json = 'application/json-patch+json'
const merge = 'application/merge-patch+json'
const strategic = 'application/strategic-merge-patch+json'
const apply = 'application/apply-patch+yaml'

/** PATCH of an object or of its status, in any of the four ways. */
export function patchObject(context: ServerContext, request: ApiRequest, target: Target): TransportResponse {
  const { resource, namespace, name = '' } = target
  const type = patchTypeOf(request, resource)
  const isApply = type === apply
  const options = writeOptionsOf(request, 'PatchOptions', isApply)
  const writing: Writing = { context, target, client: request.userAgent, verb: isApply ? 'apply' : 'patch', options }
  const live = resource.collection.get(namespace, name)
  const written = isApply ? applied(writing, request, live, options) : patched(writing, request, live, type, options)
  return answerObject(context, request, resource, written.object, written.status)
}

/** @throws ApiError 415 */
export function patchTypeOf(request: ApiRequest, { kind, custom }: ServedResource): string {
  const type = mediaTypeOf(request)
  const accepted = [json, merge, ...(kind.strategicMerge ? [strategic] : []), apply]
  if (!accepted.includes(type)) throw unsupportedPatchType(custom === undefined ? undefined : accepted)
  return type
}

function patched(
  writing: Writing,
  request: ApiRequest,
  live: KubeObject | undefined,
  type: string,
  options: WriteOptions,
): Written {
  const { resource, name = '' } = writing.target
  if (live === undefined) throw notFound(resource.kind.resource, name)
  const before = asServed(resource, live)
  const { value, duplicates } = read(type === strategic ? '' : 'error decoding patch: ', () => readJson(request.body))
  const next = patchedBy(type, ownCopy(before), value, resource)
  const problem =
    misidentified(resource, next, (apiVersion) => writing.context.resources.groupVersions.has(apiVersion)) ??
    settleKeepingOwners(before, next, () => settleDecoded(resource, next, duplicates, options.fieldValidation, request))
  if (problem !== undefined) {
    const shown =
      type === strategic
        ? goMap(readJson(request.body).value)
        : sortedJson(patchedBy(type, ownCopy(before), readJson(request.body).value, resource))
    const message = `Invalid value: ${JSON.stringify(shown)}: ${problem}`
    throw invalid({ group: '', kind: '' }, '', [{ reason: 'FieldValueInvalid', field: 'patch', message }])
  }
  settle(next, writing.target)
  return storeChanged(writing, live, next)
}

/** A copy that may be changed, but for who owns what: that is shared with the stored object, and decoded only once. */
function ownCopy(before: KubeObject): KubeObject {
  const { managedFields, ...metadata } = before.metadata
  const copy: KubeObject = cloneJson({ ...before, metadata })
  if (managedFields !== undefined) copy.metadata.managedFields = managedFields
  return copy
}

/** Decoding changes what it reads: managedFields that the patch left alone stay out of it. */
function settleKeepingOwners(
  before: KubeObject,
  next: KubeObject,
  settle: () => string | undefined,
): string | undefined {
  const { managedFields } = before.metadata
  const isKept = managedFields !== undefined && sameJson(next.metadata?.managedFields, managedFields)
  if (isKept) delete next.metadata.managedFields
  const problem = settle()
  if (isKept) next.metadata.managedFields = managedFields
  return problem
}

/** What a patch makes of `object`, which it may change. @throws ApiError */
export function patchedBy<T extends object>(
  type: string,
  object: T,
  patch: unknown,
  resource: Pick<ServedResource, 'kind'>,
): T {
  try {
    if (type === json) return jsonPatch(object, patch)
    if (type === merge) return mergePatch(object, patch)
    return strategicMergePatch(object, patch, resource.kind.schema)
  } catch (error) {
    if (!(error instanceof PatchRefused)) throw error
    const { status, message } = error
    if (status === 400) throw badRequest(message)
    if (status === 500) throw new ApiError({ code: status, message })
    throw new ApiError({ code: 422, reason: 'Invalid', message, details: {} })
  }
}

function applied(writing: Writing, request: ApiRequest, live: KubeObject | undefined, options: WriteOptions): Written {
  const { resource, name = '' } = writing.target
  if (live === undefined && writing.target.subresource !== undefined) throw notFound(resource.kind.resource, name)
  const { value, duplicates } = read('error decoding YAML: error converting YAML to JSON: yaml: ', () =>
    readYaml(request.body),
  )
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const type = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value
    const why = `json: cannot unmarshal ${type} into Go value of type map[string]interface {}`
    throw badRequest(`error decoding YAML: error unmarshaling JSON: while decoding JSON: ${why}`)
  }
  const before = live === undefined ? undefined : asServed(resource, live)
  const next = stated(() => applyFields(before, value as KubeObject, { ...writerOf(writing), force: options.force }))
  reportDuplicates(duplicates, options, request)
  if (live === undefined && next.metadata.uid !== undefined) {
    const why = `uid mismatch: the provided object specified uid ${next.metadata.uid}, and no existing object was found`
    throw conflict(resource.kind.resource, name, why)
  }
  settle(next, writing.target)
  return live === undefined ? storeNew(writing, next, true) : storeChanged(writing, live, next, true)
}

/** Whether the object is still the one of the path. */
function settle(next: KubeObject, target: Target): void {
  matchNamespace(next, target)
  checkName(next, target)
}

function reportDuplicates(duplicates: readonly string[], options: WriteOptions, request: ApiRequest): void {
  if (duplicates.length === 0 || options.fieldValidation === 'Ignore') return
  const problem = duplicates.map((field) => `key ${JSON.stringify(field)} already set in map`).join(', ')
  if (options.fieldValidation === 'Strict') throw badRequest(`error strict decoding YAML: ${problem}`)
  request.warnings.push(problem)
}

function read<T>(prefix: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw badRequest(`${prefix}${(error as Error).message}`)
  }
}

/** As Go writes JSON: keys in order. */
function sortedJson(value: object): string {
  return JSON.stringify(value, (_key, field: unknown) =>
    typeof field !== 'object' || field === null || Array.isArray(field)
      ? field
      : Object.fromEntries(Object.entries(field).sort(([one], [other]) => (one < other ? -1 : 1))),
  )
}

/** As Go prints a map: `map[spec:map[replicas:1]]`. */
function goMap(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => goMap(item)).join(' ')}]`
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null) return value === null ? '<nil>' : JSON.stringify(value)
  const fields = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return `map[${fields.map(([name, field]) => `${name}:${goMap(field)}`).join(' ')}]`
}

/** The errors of ownership as the API tells them. */
export function stated<T>(attempt: () => T): T {
  try {
    return attempt()
  } catch (error) {
    if (error instanceof ApplyConflict) {
      const { message, causes } = error
      throw new ApiError({ code: 409, reason: 'Conflict', message, details: { causes } })
    }
    if (!(error instanceof ApplyRefused)) throw error
    const { status, message } = error
    if (status === 400) throw badRequest(message)
    throw new ApiError({ code: status, message })
  }
}
