import { readFileSync } from 'node:fs'
import type { Message, MessageField } from './message.ts'
import { wireFields } from './wire.ts'

type Fields = Record<string, unknown>

/** What every body begins with: `k8s` and a zero. */
const magic = Buffer.from([0x6b, 0x38, 0x73, 0x00])
const metaGroup = 'k8s.io.apimachinery.pkg.apis.meta.v1'

let known: ReadonlyMap<string, Message> | undefined

/** Read when the first client sends protobuf: most never do. */
function messages(): ReadonlyMap<string, Message> {
  known ??= new Map(
    readFileSync(new URL('messages.jsonl', import.meta.url), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Message)
      .map((message) => [message.name, message]),
  )
  return known
}

/**
 * An object that a client sends as `application/vnd.kubernetes.protobuf`, as the JSON that it could have sent.
 * @throws RangeError for what is not that, and for kinds that are not known in this form.
 */
export function decodeProtobuf(body: Uint8Array): object {
  if (!magic.equals(body.subarray(0, magic.length))) {
    throw new RangeError('provided data does not appear to be a protobuf message')
  }
  let apiVersion = ''
  let kind = ''
  let raw: Uint8Array = new Uint8Array()
  for (const { number, value } of wireFields(body.subarray(magic.length))) {
    if (typeof value === 'bigint') continue
    if (number === 2) raw = value
    if (number !== 1) continue
    for (const field of wireFields(value)) {
      if (field.number === 1) apiVersion = text(field.value)
      if (field.number === 2) kind = text(field.value)
    }
  }
  const name = kind === 'DeleteOptions' ? `${metaGroup}.${kind}` : `k8s.io.api.${placeOf(apiVersion)}.${kind}`
  if (!messages().has(name)) throw new RangeError(`no protobuf of kind "${kind}" in version "${apiVersion}" is known`)
  return { kind, apiVersion, ...decodeMessage(raw, name) }
}

/** `rbac.v1` of `rbac.authorization.k8s.io/v1`. */
function placeOf(apiVersion: string): string {
  const [group = '', version] = apiVersion.split('/')
  return version === undefined ? `core.${group}` : `${group.split('.', 1)[0]}.${version}`
}

function decodeMessage(data: Uint8Array, name: string): Fields {
  const message = messages().get(name)
  const object: Fields = {}
  for (const { number, value } of wireFields(data)) {
    const field = message?.fields[number]
    if (field !== undefined) put(object, field, value)
  }
  return object
}

function put(object: Fields, [name, type, form]: MessageField, value: bigint | Uint8Array): void {
  switch (form) {
    case 'inline':
      Object.assign(object, decodeValue(value, type))
      break
    case 'list':
      object[name] = [...((object[name] as unknown[] | undefined) ?? []), decodeValue(value, type)]
      break
    case 'map': {
      const entry = [...wireFields(value as Uint8Array)]
      const key = text(entry.find(({ number }) => number === 1)?.value ?? new Uint8Array())
      const content = entry.find(({ number }) => number === 2)?.value ?? new Uint8Array()
      object[name] = { ...(object[name] as Fields | undefined), [key]: decodeValue(content, type) }
      break
    }
    case undefined: {
      const decoded = decodeValue(value, type)
      if (decoded !== undefined) object[name] = decoded
    }
  }
}

const int32 = 32

function decodeValue(value: bigint | Uint8Array, type: string): unknown {
  switch (type) {
    case 'string':
      return text(value)
    case 'bytes':
      return Buffer.from(value as Uint8Array).toString('base64')
    case 'bool':
      return value !== 0n
    case 'int32':
      return Number(BigInt.asIntN(int32, value as bigint))
    case 'int64':
    case 'uint32':
    case 'uint64':
      return Number(value)
    case 'double':
      return Buffer.from(value as Uint8Array).readDoubleLE()
    default:
      return ownForm(type)?.(value as Uint8Array) ?? plainMessage(value as Uint8Array, type)
  }
}

/** Undefined for a time that is none, as a client writes one that it has not set. */
function plainMessage(value: Uint8Array, type: string): unknown {
  return /\.(?:Time|MicroTime)$/.test(type) ? undefined : decodeMessage(value, type)
}

/** How messages are read whose JSON is not an object. */
function ownForm(type: string): ((value: Uint8Array) => unknown) | undefined {
  switch (type.slice(type.lastIndexOf('.') + 1)) {
    case 'Time':
      return (value) => time(value, 0)
    case 'MicroTime':
      return (value) => time(value, 6)
    case 'Quantity':
      return (value) => text(first(value) ?? new Uint8Array())
    case 'IntOrString':
      return intOrString
    case 'FieldsV1':
    case 'RawExtension':
      return (value) => JSON.parse(text(first(value) ?? Buffer.from('null'))) as unknown
    default:
      return undefined
  }
}

function time(value: Uint8Array, digits: number): string | undefined {
  let seconds: bigint | undefined
  let nanos = 0n
  for (const field of wireFields(value)) {
    if (field.number === 1) seconds = field.value as bigint
    if (field.number === 2) nanos = field.value as bigint
  }
  if (seconds === undefined) return undefined
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19)
  return digits === 0 ? `${whole}Z` : `${whole}.${String(nanos).padStart(9, '0').slice(0, digits)}Z`
}

function intOrString(value: Uint8Array): number | string {
  const fields = new Map([...wireFields(value)].map((field) => [field.number, field.value]))
  const isText = (fields.get(1) ?? 0n) !== 0n
  return isText
    ? text(fields.get(3) ?? new Uint8Array())
    : Number(BigInt.asIntN(int32, (fields.get(2) ?? 0n) as bigint))
}

function first(value: Uint8Array): bigint | Uint8Array | undefined {
  for (const field of wireFields(value)) if (field.number === 1) return field.value
  return undefined
}

function text(value: bigint | Uint8Array): string {
  return typeof value === 'bigint' ? String(value) : Buffer.from(value).toString('utf8')
}
