import { parse, YAMLParseError } from 'yaml'
import { apiVersionOf, type KubeObject } from '../../../kube/index.ts'
import { badRequest, invalid, unsupportedMediaType } from '../api-error.ts'
import type { ServedResource } from '../resources/served-resource.ts'
import { duplicateFields } from '../schema/index.ts'
import type { ApiRequest } from './api-request.ts'
import type { FieldValidation } from './options.ts'

const bodyTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf', 'application/cbor']

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
): KubeObject {
  const { kind } = resource.kind.resource
  const type = mediaTypeOf(request)
  if (type !== 'application/json' && type !== 'application/yaml') throw unsupportedMediaType(bodyTypes)
  let read: Read
  try {
    read = type === 'application/yaml' ? readYaml(request.body) : readJson(request.body)
  } catch (error) {
    throw unrecognized(kind, (error as Error).message, request.body)
  }
  const object = read.value as KubeObject
  if (typeof object !== 'object' || object === null || Array.isArray(object)) {
    throw unrecognized(
      kind,
      `couldn't get version/kind; json parse error: json: cannot unmarshal into Go value`,
      request.body,
    )
  }
  checkIdentity(resource, object, request.body)
  const problem = settleDecoded(resource, object, read.duplicates, fieldValidation, request.warnings)
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
  warnings: string[],
): string | undefined {
  const { unknownFields, malformed } = resource.kind.decode(object)
  if (malformed !== undefined) return malformed.replace(decodingPrefix, '')
  if (fieldValidation !== 'Ignore' && unknownFields.length + duplicates.length > 0) {
    const problems = [
      ...duplicates.map((field) => `duplicate field "${field}"`),
      ...unknownFields.map((field) => `unknown field "${field}"`),
    ]
    if (fieldValidation === 'Strict') return `strict decoding error: ${problems.join(', ')}`
    warnings.push(...problems)
  }
  if (typeof object.metadata !== 'object' || object.metadata === null) object.metadata = {} as KubeObject['metadata']
  resource.kind.applyDefaults(object)
  return undefined
}

/** Fills in apiVersion and kind where they may be absent. */
function checkIdentity(resource: ServedResource, object: KubeObject, body: string): void {
  const expected = apiVersionOf(resource.kind.resource)
  const { kind } = resource.kind.resource
  const isCustom = resource.custom !== undefined
  if (isCustom && (object.kind === undefined || object.kind === '')) {
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind}): Object 'Kind' is missing in '${body}'`,
    )
  }
  const apiVersion = object.apiVersion === undefined || object.apiVersion === '' ? expected : object.apiVersion
  if (apiVersion !== expected) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
    )
  }
  object.apiVersion = apiVersion
  if (object.kind === undefined || object.kind === '') object.kind = kind
  if (object.kind === kind) return
  if (isCustom) {
    const message = `Invalid value: "${object.kind}": must be ${kind}`
    const errors = [{ reason: 'FieldValueInvalid', field: 'kind', message } as const]
    throw invalid(resource.kind.resource, object.metadata?.name ?? '', errors)
  }
  const version = resource.kind.resource.version
  const why = `converting (${version}.${object.kind}) to (${kind}): unknown conversion`
  throw badRequest(`${object.kind} in version "${version}" cannot be handled as a ${kind}: ${why}`)
}

/** @throws SyntaxError in Go's words where they are known. */
export function readJson(body: string): Read {
  let value: unknown
  try {
    value = JSON.parse(body) as unknown
  } catch (cause) {
    const why = body === '' ? 'unexpected end of JSON input' : goMessage(body, cause as Error)
    throw new SyntaxError(`couldn't get version/kind; json parse error: ${why}`, { cause })
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
  const shown = body.length > 30 ? `${body.slice(0, 30)} ...` : body
  return badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why} (${hexOf(shown)})`)
}

/** The server shows the bytes that it could not read. */
function hexOf(text: string): string {
  const printable = text.startsWith('{')
  return printable ? text : Buffer.from(text).toString('hex')
}

function goMessage(body: string, error: Error): string {
  const position = Number(/position (\d+)/.exec(error.message)?.[1] ?? Number.NaN)
  const character = body[position]
  if (Number.isNaN(position) || character === undefined) return 'unexpected end of JSON input'
  return `invalid character '${character}' looking for beginning of value`
}
