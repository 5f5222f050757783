import { applyPatch, type Operation } from 'rfc6902'
import { PatchRefused } from './patch-refused.ts'

/**
 * RFC 6902. `object` is not changed.
 * @throws PatchRefused 400 for what is not a patch; 422 for one that does not fit, or whose `test` fails.
 */
export function jsonPatch<T extends object>(object: T, operations: unknown): T {
  if (!Array.isArray(operations)) {
    throw new PatchRefused(400, 'json: cannot unmarshal object into Go value of type jsonpatch.Patch')
  }
  const result = structuredClone(object)
  // One at a time: the package goes on after an operation that failed.
  for (const operation of operations as Operation[]) {
    // The API server does not tell which operation it was, nor why.
    if (!fits(result, operation)) {
      throw new PatchRefused(422, 'the server rejected our request due to an error in our request')
    }
  }
  return result
}

/** Carries one operation out. */
function fits(object: object, operation: Operation): boolean {
  try {
    return applyPatch(object, [operation]).every((error) => error === null)
  } catch {
    return false
  }
}
