import { type DrainPolicyStatus, statusSchema } from '../api/index.ts'

/**
 * Reads of a status what can be read. A word of a newer version, as after going back to this one, costs its own field,
 * and never what was measured of a target.
 */
export function readStatus(raw: unknown): DrainPolicyStatus {
  const whole = statusSchema.safeParse(raw)
  if (whole.success) return whole.data
  const rest = structuredClone(raw)
  for (const { path } of whole.error.issues) {
    const [field = '', index = '', ofTarget] = path
    const target = field === 'targets' ? at(at(rest, field), index) : undefined
    if (ofTarget !== undefined && target !== undefined) Reflect.deleteProperty(target as object, ofTarget)
    else if (typeof rest === 'object' && rest !== null) Reflect.deleteProperty(rest, field)
  }
  const readable = statusSchema.safeParse(rest)
  return readable.success ? readable.data : {}
}

function at(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined
}
