import { cloneJson } from '../schema/json.ts'
import { applyPatch, type Operation, Pointer } from 'rfc6902'
import { PatchRefused } from './patch-refused.ts'

/**
 * RFC 6902, with the two liberties that the API server's own implementation takes: `replace` also adds a field, and
 * `test` takes an absent field for null. `object` is not changed.
 * @throws PatchRefused 400 for what is not a patch; 422 for one that does not fit, or whose `test` fails.
 */
export function jsonPatch<T extends object>(object: T, operations: unknown): T {
  if (!Array.isArray(operations)) {
    const type = 'Go value of type []handlers.jsonPatchOp'
    throw new PatchRefused(400, `error decoding patch: json: cannot unmarshal object into ${type}`)
  }
  const result = cloneJson(object)
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
    const liberal = withLiberties(object, operation)
    return liberal === undefined || applyPatch(object, [liberal]).every((error) => error === null)
  } catch {
    return false
  }
}

/** The operation as the package has to be told it; undefined where there is nothing to do. */
function withLiberties(object: object, operation: Operation): Operation | undefined {
  if (operation.op !== 'replace' && operation.op !== 'test') return operation
  const { parent, value } = Pointer.fromJSON(operation.path).evaluate(object) as { parent: unknown; value: unknown }
  const absent = value === undefined && typeof parent === 'object' && parent !== null && !Array.isArray(parent)
  if (!absent) return operation
  if (operation.op === 'replace') return { ...operation, op: 'add' }
  return operation.value === null ? undefined : operation
}
