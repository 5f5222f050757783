import { type Fields, isFields } from '../schema/json.ts'
import { PatchRefused } from './patch-refused.ts'

/**
 * RFC 7386. Neither argument is changed; the result shares what the patch left alone.
 * @throws PatchRefused when the patch is not an object.
 */
export function mergePatch<T extends object>(object: T, patch: unknown): T {
  if (patch === null) throw new PatchRefused(400, 'Invalid JSON Patch')
  if (!isFields(patch)) {
    const type = Array.isArray(patch) ? 'array' : typeof patch
    const detail = `json: cannot unmarshal ${type} into Go value of type map[string]interface {}`
    throw new PatchRefused(400, `error decoding patch: ${detail}`)
  }
  return merged(object, patch) as T
}

function merged(target: unknown, patch: Fields): Fields {
  const result: Fields = isFields(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name]
    else result[name] = isFields(value) ? merged(result[name], value) : value
  }
  return result
}
