export { cloneJson, equalJson as sameJson } from '../storage/json.ts'

/** A JSON object: what most of an API object is made of. */
export type Fields = Record<string, unknown>

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
