/** A deep copy of plain JSON. */
export function cloneJson<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => cloneJson<unknown>(item)) as T
  const copy: Record<string, unknown> = {}
  for (const key in value) copy[key] = cloneJson(value[key])
  return copy as T
}

/** Whether two plain JSON values are the same, whatever the order of their keys. */
export function equalJson(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Array.isArray(one)) {
    if (!Array.isArray(other) || one.length !== other.length) return false
    return one.every((item, index) => equalJson(item, other[index]))
  }
  if (Array.isArray(other)) return false
  const left = one as Record<string, unknown>
  const right = other as Record<string, unknown>
  let fields = 0
  for (const key in left) {
    if (!(key in right) || !equalJson(left[key], right[key])) return false
    fields++
  }
  for (const _key in right) fields--
  return fields === 0
}

const texts = new WeakMap<object, string>()

/** The JSON of an object that is stored, and so never changes: written once. */
export function jsonOf(stored: object): string {
  let text = texts.get(stored)
  if (text === undefined) {
    text = JSON.stringify(stored)
    texts.set(stored, text)
  }
  return text
}
