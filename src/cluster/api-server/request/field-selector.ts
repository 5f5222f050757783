import type { KubeObject } from '../../../kube/index.ts'
import { badRequest } from '../api-error.ts'
import type { Kind } from '../kinds/kind.ts'

interface Term {
  readonly field: string
  readonly value: string
  readonly isEqual: boolean
}

/** Which objects, by a few of their fields. */
export interface FieldSelector {
  readonly isEmpty: boolean
  matches(object: KubeObject): boolean
  /** The value that a field must have; undefined when any may do. */
  required(field: string): string | undefined
}

/**
 * Reads `metadata.name=web,spec.nodeName!=node-1`.
 * @throws ApiError 400 for what cannot be read, and for fields that the kind cannot be selected by.
 */
export function parseFieldSelector(text: string, kind: Kind): FieldSelector {
  const terms = split(text).map((part) => parseTerm(part))
  const tests = terms.map(({ field, value, isEqual }) => {
    const read = readerOf(field, kind)
    return (object: KubeObject): boolean => (read(object) === value) === isEqual
  })
  return {
    isEmpty: terms.length === 0,
    matches: (object) => tests.every((test) => test(object)),
    required: (field) => terms.find((term) => term.isEqual && term.field === field)?.value,
  }
}

function readerOf(field: string, kind: Kind): (object: KubeObject) => string {
  if (field === 'metadata.name') return (object) => object.metadata.name
  if (field === 'metadata.namespace') return (object) => object.metadata.namespace ?? ''
  const reader = Object.hasOwn(kind.selectableFields, field) ? kind.selectableFields[field] : undefined
  if (reader !== undefined) return reader
  // Kinds that offer fields of their own have other words for those that they do not.
  const hasOwn = Object.keys(kind.selectableFields).length > 0
  if (hasOwn) throw badRequest(`field label not supported: ${field}`)
  throw badRequest(`"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`)
}

/** At commas that no backslash escapes. */
function split(text: string): string[] {
  return text === '' ? [] : text.split(/(?<!\\),/).filter((part) => part !== '')
}

function parseTerm(text: string): Term {
  const found = /^([^=!]+?)(!=|==|=)(.*)$/s.exec(text)
  const [, field = '', operator = '', value = ''] = found ?? []
  if (found === null) throw badRequest(`invalid selector: '${text}'; can't understand '${text}'`)
  if (/(?<!\\)=/.test(value))
    throw badRequest(`invalid field selector: unescaped character in value: ${'='.charCodeAt(0)}`)
  return { field, value: value.replaceAll(/\\([\\,=])/g, '$1'), isEqual: operator !== '!=' }
}
