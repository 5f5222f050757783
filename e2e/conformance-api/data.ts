/** Plain JSON, as the API speaks it. */
export type Data = null | boolean | number | string | readonly Data[] | { readonly [name: string]: Data }
export type Fields = Readonly<Record<string, unknown>>

/** What stands at a dotted path, e.g. `spec.template.spec.containers.0.image`; undefined where there is nothing. */
export function at(value: unknown, path: string): unknown {
  let here = value
  for (const step of path.split('.')) {
    if (typeof here !== 'object' || here === null) return undefined
    here = (here as Record<string, unknown>)[step]
  }
  return here
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** `base` with `patch` merged into it; arrays and scalars of the patch win, undefined removes. */
export function merged(base: Fields, patch: Fields): Fields {
  const result: Record<string, unknown> = { ...base }
  for (const [name, value] of Object.entries(patch)) {
    const before = result[name]
    if (value === undefined) delete result[name]
    else result[name] = isFields(before) && isFields(value) ? merged(before, value) : value
  }
  return result
}

/** The same with sorted names, so that equal data has equal text. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isFields(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, entry]) => entry !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, entry]) => [name, sorted(entry)]),
  )
}
