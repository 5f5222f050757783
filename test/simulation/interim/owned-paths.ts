import type { ManagedFieldsEntry } from '../../../src/kube/index.ts'

type Json = Record<string, unknown>
/** Paths of leaves and of list items: steps joined by `\u0000`. Items of lists with names are `k:{"name":"app"}`. */
export type Paths = Set<string>
const sep = '\u0000'

export function leavesOf(value: unknown, prefix: string[] = [], found: Map<string, unknown> = new Map()): Map<string, unknown> {
  if (Array.isArray(value) && value.length > 0 && value.every((item) => isObject(item) && typeof item['name'] === 'string')) {
    for (const item of value as Json[]) {
      const step = [...prefix, `k:{"name":${JSON.stringify(item['name'])}}`]
      found.set([...step, '.'].join(sep), null)
      leavesOf(item, step, found)
    }
    return found
  }
  if (isObject(value) && Object.keys(value).length > 0) {
    for (const [key, inner] of Object.entries(value)) leavesOf(inner, [...prefix, `f:${key}`], found)
    return found
  }
  found.set(prefix.join(sep), value)
  return found
}

/** Takes the path out of the object; empties that are left behind go too. */
export function removePath(object: Json, path: string): void {
  const steps = path.split(sep)
  const trail: { holder: unknown; key: string }[] = []
  let at: unknown = object
  for (const step of steps) {
    if (step === '.') break
    trail.push({ holder: at, key: step })
    at = child(at, step)
    if (at === undefined) return
  }
  for (let index = trail.length - 1; index >= 0; index -= 1) {
    const { holder, key } = trail[index] as { holder: unknown; key: string }
    const inner = child(holder, key)
    const isLast = index === trail.length - 1
    if (!isLast && !(isObject(inner) && Object.keys(inner).length === 0)) return
    if (Array.isArray(holder)) {
      const found = holder.indexOf(inner)
      if (found !== -1 && isLast) holder.splice(found, 1)
      return
    }
    delete (holder as Json)[key.slice(2)]
  }
}

function child(holder: unknown, step: string): unknown {
  if (step.startsWith('k:') && Array.isArray(holder)) {
    const { name } = JSON.parse(step.slice(2)) as { name: string }
    return holder.find((item) => isObject(item) && item['name'] === name)
  }
  return isObject(holder) ? holder[step.slice(2)] : undefined
}

export function encode(paths: Iterable<string>): Json {
  const root: Json = {}
  for (const path of paths) {
    let at = root
    for (const step of path.split(sep)) at = (at[step] ??= {}) as Json
  }
  return root
}

export function decode(fields: unknown, prefix: string[] = [], found: Paths = new Set()): Paths {
  const entries = Object.entries((fields ?? {}) as Json)
  if (entries.length === 0 && prefix.length > 0) found.add(prefix.join(sep))
  for (const [key, inner] of entries) decode(inner, [...prefix, key], found)
  return found
}

export function mergeInto(target: Json, patch: Json, nullsDelete: boolean): void {
  for (const [key, value] of Object.entries(patch)) {
    const present = target[key]
    if (value === null && nullsDelete) delete target[key]
    else if (isObject(value) && isObject(present)) mergeInto(present, value, nullsDelete)
    else if (isNamed(value) && isNamed(present)) {
      for (const item of value) {
        const known = present.find((each) => each['name'] === item['name'])
        if (known === undefined) present.push(structuredClone(item))
        else mergeInto(known, item, nullsDelete)
      }
    } else target[key] = isObject(value) ? mergeNew(value, nullsDelete) : structuredClone(value)
  }
}

function mergeNew(value: Json, nullsDelete: boolean): Json {
  const fresh: Json = {}
  mergeInto(fresh, value, nullsDelete)
  return fresh
}

function isNamed(value: unknown): value is Json[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => isObject(item) && typeof item['name'] === 'string')
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export interface Owner {
  entry: ManagedFieldsEntry
  paths: Paths
}

export function ownersOf(entries: readonly ManagedFieldsEntry[] = []): Owner[] {
  return entries.map((entry) => ({ entry, paths: decode(entry.fieldsV1) }))
}

export function entriesOf(owners: readonly Owner[]): ManagedFieldsEntry[] {
  return owners
    .filter(({ paths }) => paths.size > 0)
    .map(({ entry, paths }) => ({ ...entry, fieldsV1: encode([...paths].sort()) }))
}
