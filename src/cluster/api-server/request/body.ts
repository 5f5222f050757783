import { parse, YAMLParseError } from 'yaml'
import { apiVersionOf, type KubeObject } from '../../../kube/index.ts'
import { ApiError, badRequest, invalid, unsupportedMediaType } from '../api-error.ts'
import type { ServedResource } from '../resources/served-resource.ts'
import { duplicateFields } from '../schema/index.ts'
import { decodeProtobuf } from '../protobuf/decode.ts'
import { type ApiRequest, protobuf } from './api-request.ts'
import type { FieldValidation } from './options.ts'

/** Kinds tell whose decoding failed; a failed patch is told without. */
const decodingPrefix = /^\S+ in version "[^"]*" cannot be handled as a \S+: /

/** A body that was read, and the fields that it names twice. */
interface Read {
  readonly value: unknown
  readonly duplicates: readonly string[]
}

/** The media type of the body, without its parameters. */
export function mediaTypeOf(request: ApiRequest): string {
  return (request.headers['content-type'] ?? 'application/json').split(';', 1)[0]?.trim() ?? ''
}

/**
 * Reads the object that a client sends whole, defaults filled in.
 * @throws ApiError 400 for what cannot be read, or not strictly; 415 for other than JSON and YAML.
 */
export function decodeObject(
  request: ApiRequest,
  resource: ServedResource,
  fieldValidation: FieldValidation,
  isKnown: (apiVersion: string) => boolean,
): KubeObject {
  const { kind } = resource.kind.resource
  let read: Read
  try {
    read = readBody(request)
  } catch (error) {
    if (error instanceof ApiError) throw error
    const isJson = mediaTypeOf(request) === 'application/json'
    throw unrecognized(kind, `${isJson ? unidentified : ''}${(error as Error).message}`, request.body)
  }
  // null is an object that says nothing.
  const object = (read.value ?? {}) as KubeObject
  const mistaken = misread(object)
  if (mistaken !== undefined) throw unrecognized(kind, `${unidentified}${mistaken}`, request.body)
  checkIdentity(resource, object, request.body, isKnown)
  const problem = settleDecoded(resource, object, read.duplicates, fieldValidation, request)
  if (problem !== undefined) {
    const { version } = resource.kind.resource
    throw badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${problem}`)
  }
  return object
}

/**
 * Drops what the kind does not know, and fills in the defaults. Changes `object`.
 * @returns why it may not be taken, if it may not.
 */
export function settleDecoded(
  resource: ServedResource,
  object: KubeObject,
  duplicates: readonly string[],
  fieldValidation: FieldValidation,
  request: ApiRequest,
): string | undefined {
  const { unknownFields, malformed } = resource.kind.decode(object)
  if (malformed !== undefined) return malformed.replace(decodingPrefix, '')
  if (fieldValidation !== 'Ignore' && unknownFields.length + duplicates.length > 0) {
    const problems = problemsOf(unknownFields, duplicates, resource.custom === undefined ? request.body : '')
    if (fieldValidation === 'Strict') return `strict decoding error: ${problems.join(', ')}`
    request.warnings.push(...problems)
  }
  if (typeof object.metadata !== 'object' || object.metadata === null) object.metadata = {} as KubeObject['metadata']
  resource.kind.applyDefaults(object)
  return undefined
}

/** Those of a built-in kind in the order of the text, those of a custom one as they come. */
function problemsOf(unknownFields: readonly string[], duplicates: readonly string[], body: string): string[] {
  const problems = [
    ...duplicates.map((field) => ({ at: placeOf(field, body, true), text: `duplicate field "${field}"` })),
    ...unknownFields.map((field) => ({ at: placeOf(field, body), text: `unknown field "${field}"` })),
  ]
  return problems.sort((one, other) => one.at - other.at).map(({ text }) => text)
}

/** Where a field is named, about: problems are told in the order of the text. */
function placeOf(field: string, body: string, isLast = false): number {
  const name = `"${field.split('.').at(-1) ?? ''}"`
  return isLast ? body.lastIndexOf(name) : body.indexOf(name)
}

/** Fills in apiVersion and kind where they may be absent. */
function checkIdentity(
  resource: ServedResource,
  object: KubeObject,
  body: string,
  isKnown: (apiVersion: string) => boolean,
): void {
  const expected = apiVersionOf(resource.kind.resource)
  const { kind, group, version } = resource.kind.resource
  const isCustom = resource.custom !== undefined
  if (isCustom && (object.kind === undefined || object.kind === '')) {
    throw unrecognized(kind, `Object 'Kind' is missing in '${body}'`, body)
  }
  if (object.apiVersion === undefined || object.apiVersion === '') object.apiVersion = expected
  if (object.kind === undefined || object.kind === '') object.kind = kind
  const problem = isCustom ? undefined : misidentified(resource, object, isKnown)
  if (problem !== undefined && (object.apiVersion === expected || !isKnown(object.apiVersion))) {
    const sent = object.apiVersion.split('/').at(-1) ?? version
    throw badRequest(`${object.kind} in version "${sent}" cannot be handled as a ${kind}: ${problem}`)
  }
  if (object.apiVersion !== expected) {
    throw badRequest(
      `the API version in the data (${object.apiVersion}) does not match the expected API version (${expected})`,
    )
  }
  if (object.kind === kind) return
  const message = `Invalid value: "${object.kind}": must be ${kind}`
  const errors = [{ reason: 'FieldValueInvalid', field: 'kind', message } as const]
  throw invalid({ group, kind: object.kind }, object.metadata?.name ?? '', errors)
}

/** Why an object that says what it is cannot be read as one of a built-in kind. */
export function misidentified(
  { kind, custom }: ServedResource,
  object: KubeObject,
  isKnown: (apiVersion: string) => boolean,
): string | undefined {
  if (custom !== undefined) return undefined
  const { resource } = kind
  const { kind: sent = resource.kind, apiVersion = apiVersionOf(resource) } = object
  if (apiVersion !== apiVersionOf(resource) && !isKnown(apiVersion)) {
    return `no kind "${sent}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`
  }
  if (sent === resource.kind && apiVersion === apiVersionOf(resource)) return undefined
  const place = resource.group === '' ? 'core' : resource.group.split('.', 1)[0]
  const version = apiVersion.split('/').at(-1)
  return `converting (${version}.${sent}) to (${place}.${resource.kind}): unknown conversion`
}

const unidentified = "couldn't get version/kind; json parse error: "
const identity = String.raw`struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }`

/** Why what was read cannot be an object at all, in Go's words. */
function misread(value: unknown): string | undefined {
  if (typeof value !== 'object' || Array.isArray(value)) {
    const type = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
    return `json: cannot unmarshal ${type} into Go value of type ${identity}`
  }
  for (const field of ['apiVersion', 'kind'] as const) {
    const named: unknown = (value as Record<string, unknown>)[field]
    if (named === undefined || named === null || typeof named === 'string') continue
    const type = Array.isArray(named) ? 'array' : typeof named === 'boolean' ? 'bool' : typeof named
    return `json: cannot unmarshal ${type} into Go struct field .${field} of type string`
  }
  return undefined
}

/** Reads a body of whatever type. @throws ApiError 415; Error with why it cannot be read. */
export function readBody(request: ApiRequest): Read {
  switch (mediaTypeOf(request)) {
    case 'application/json':
      return readJson(request.body)
    case 'application/yaml':
      return readYaml(request.body)
    case protobuf:
      return { value: decodeProtobuf(Buffer.from(request.body, 'latin1')), duplicates: [] }
    default:
      throw unsupportedMediaType()
  }
}

/** What a subresource is asked by, which is no object of a kind that is served. @throws ApiError 400, 415 */
export function readQuestion(request: ApiRequest): unknown {
  try {
    return readBody(request).value
  } catch (error) {
    if (error instanceof ApiError) throw error
    throw badRequest((error as Error).message)
  }
}

/** @throws SyntaxError in Go's words where they are known. */
export function readJson(body: string): Read {
  let value: unknown
  try {
    value = JSON.parse(body) as unknown
  } catch (cause) {
    const why = goMessage(body, cause as Error)
    throw new SyntaxError(why, { cause })
  }
  // What JSON.stringify would write again names nothing twice.
  return { value, duplicates: JSON.stringify(value) === body ? [] : duplicateFields(body) }
}

export function readYaml(body: string): Read {
  // An apply of a client in the same process: JSON is YAML, and much faster.
  if (body.startsWith('{')) {
    try {
      return readJson(body)
    } catch {
      // It may still be YAML in flow style.
    }
  }
  try {
    return { value: parse(body, { uniqueKeys: true }) as unknown, duplicates: [] }
  } catch (error) {
    if (error instanceof YAMLParseError && error.code === 'DUPLICATE_KEY') {
      const line = error.linePos?.[0].line ?? 0
      return { value: parse(body, { uniqueKeys: false }), duplicates: [`line ${line}`] }
    }
    throw error
  }
}

function unrecognized(kind: string, why: string, body: string): Error {
  return badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why} (${summaryOf(body)})`)
}

/** The start of a body: as it is where it might be JSON, else its bytes. */
function summaryOf(body: string): string {
  if (body === '') return '<empty>'
  const bytes = Buffer.from(body)
  const start = bytes.subarray(0, 30)
  const shown = body.startsWith('{') ? start.toString('utf8') : start.toString('hex')
  return bytes.length > 30 ? `${shown} ...` : shown
}

/** What Go says of JSON that it cannot read. */
export function goMessage(body: string, error: Error): string {
  const [, named, position] = /^Unexpected token '(.)'|position (\d+)/s.exec(error.message) ?? []
  const character = named ?? body[Number(position)]
  if (character === undefined) return 'unexpected end of JSON input'
  const code = character.charCodeAt(0)
  const isPrintable = code >= 0x20 && (code < 0x7f || code > 0xa0)
  const shown = isPrintable ? character : `\\u${code.toString(16).padStart(4, '0')}`
  return `invalid character '${shown}' looking for beginning of value`
}
