import { isFields, sorted } from './data.ts'
import { readableManagedFields } from './managed-fields.ts'

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g
const time = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z/g
const address = /\b(?:10|127|172|192|169)(?:\.\d{1,3}){3}\b/g
/** A whole object inside a message: in which order its fields are written is Go's affair. */
const wholeObject = /(Invalid value: ")\{\\?"apiVersion.*?\}("?: )(?!\\)/g
/** How two structs of Go differ, as Go's own text. */
const structDiff = /(previously negative\))\n[\s\S]*$/
const yamlParser = /(error converting YAML to JSON: yaml: )[\s\S]*/
/** What generateName appends: five of Kubernetes' safe characters. */
const suffix = /-[bcdfghjklmnpqrstvwxz2456789]{5}(?![a-z0-9-])/g

/**
 * Takes out of answers what no two clusters have in common, and nothing else. Versions and uids become numbers in the
 * order of their first sight within a case, so that two that are equal, or not, are still seen to be.
 */
export class Masks {
  readonly #versions = new Map<string, string>()
  readonly #uids = new Map<string, string>()
  readonly #words: [string, string][]

  /** `words` are replaced wherever they occur: the namespace of the case, names of nodes. */
  constructor(words: Readonly<Record<string, string>>) {
    this.#words = Object.entries(words).sort(([a], [b]) => b.length - a.length)
  }

  /** From now on this word is shown as another. */
  replace(word: string, shown: string): void {
    if (!this.#words.some(([known]) => known === word)) this.#words.unshift([word, shown])
  }

  text(value: string): string {
    let masked = value
    for (const [word, shown] of this.#words) masked = masked.replaceAll(word, shown)
    return masked
      .replace(uuid, (uid) => number(this.#uids, uid, 'uid'))
      .replace(time, '<time>')
      .replace(address, '<ip>')
      .replace(suffix, '-<5>')
      .replaceAll(
        /(ResourceVersion in [a-z ]+: |resource version: |resourceVersion: |ResourceVersion in record \()(\d+)/g,
        '$1<rv>',
      )
      .replaceAll(/(resource version: <rv>) \(\d+\)/g, '$1 (<rv>)')
      .replaceAll(wholeObject, '$1{the object}$2')
      .replace(structDiff, '$1 <difference>')
      .replace(yamlParser, '$1<what the parser says>')
  }

  /** Any answer, masked and with its names sorted. */
  data(value: unknown): unknown {
    return sorted(this.#masked(value))
  }

  #masked(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value)
    if (Array.isArray(value)) return value.map((item) => this.#masked(item))
    if (!isFields(value)) return value
    const isObject = isFields(value['metadata']) && 'uid' in value['metadata']
    return Object.fromEntries(
      Object.entries(value).map(([name, entry]) => {
        if (name === 'metadata' && isFields(entry)) return [this.text(name), this.#metadata(entry, isObject)]
        return [this.text(name), this.#masked(entry)]
      }),
    )
  }

  #metadata(metadata: Readonly<Record<string, unknown>>, isObject: boolean): unknown {
    const { resourceVersion, managedFields, continue: token, ...rest } = metadata
    return {
      ...(this.#masked(rest) as object),
      ...(token === undefined ? {} : { continue: '<token>' }),
      ...(typeof resourceVersion === 'string' && resourceVersion !== ''
        ? { resourceVersion: isObject ? number(this.#versions, resourceVersion, 'rv') : '<rv>' }
        : {}),
      ...(Array.isArray(managedFields)
        ? { managedFields: readableManagedFields(this.#masked(managedFields) as unknown[]) }
        : {}),
    }
  }
}

function number(known: Map<string, string>, value: string, prefix: string): string {
  const before = known.get(value)
  if (before !== undefined) return before
  const name = `${prefix}${known.size + 1}`
  known.set(value, name)
  return name
}
