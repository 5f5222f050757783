import { type Fields, isFields } from './data.ts'

/**
 * `metadata.managedFields` for people and for comparison: each entry's fields as a sorted list of paths, and the entries
 * by name, since entries of one second stand in the order in which they came.
 */
export function readableManagedFields(entries: readonly unknown[]): Fields[] {
  return entries
    .filter(isFields)
    .map(({ fieldsV1, fieldsType: _type, ...entry }) => ({ ...entry, fields: pathsOf(fieldsV1, '').sort() }))
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
}

function nameOf(entry: Fields): string {
  return JSON.stringify([entry['manager'], entry['operation'], entry['subresource'], entry['apiVersion']])
}

function pathsOf(fields: unknown, path: string): string[] {
  if (!isFields(fields)) return [path]
  const children = Object.entries(fields)
  if (children.length === 0) return [path]
  return children.flatMap(([key, child]) => (key === '.' ? [path] : pathsOf(child, path + stepOf(key))))
}

/** `f:name` is a field, `k:{...}` an item of a list by its keys, `v:...` an item of a set by its value. */
function stepOf(key: string): string {
  if (key.startsWith('f:')) return `.${key.slice(2)}`
  if (key.startsWith('k:')) {
    const keys = JSON.parse(key.slice(2)) as Fields
    const written = Object.keys(keys)
      .sort()
      .map((name) => `${name}=${JSON.stringify(keys[name])}`)
    return `[${written.join(',')}]`
  }
  return `[${key.slice(2)}]`
}
