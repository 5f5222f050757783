/** Reading values whose shape nobody has promised: the API's JSON, an annotation a person may have edited. */

export function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** A name as the API server allows it for a container. */
export function dnsLabel(value: unknown): string | undefined {
  return /^[a-z0-9-]{1,63}$/.test(text(value) ?? '') ? text(value) : undefined
}

export function integer(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : undefined
}

export function portReference(value: unknown): string | number | undefined {
  return text(value) ?? integer(value)
}

/** The value at a path of own keys, or undefined as soon as one is missing. */
export function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (Object.hasOwn(record(inner), key) ? record(inner)[key] : undefined),
    value,
  )
}

export function parsedJson(value: unknown): unknown {
  try {
    return JSON.parse(text(value) ?? '')
  } catch {
    return undefined
  }
}
