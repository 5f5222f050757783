import { isDeepStrictEqual } from 'node:util'

/** Counts that the wire carries although they are zero. */
const keepsZero = new Set(['terminatingReplicas', 'collisionCount'])

/** A status as the API server would write it: counts of zero, and empty lists, are left out. */
export function omitZeros<S extends object>(status: S, always: ReadonlySet<string> = new Set()): S {
  const kept = Object.entries(status).filter(
    ([key, value]) =>
      keepsZero.has(key) || always.has(key) || (value !== 0 && !(Array.isArray(value) && value.length === 0)),
  )
  return Object.fromEntries(kept) as S
}

/** Whether two statuses say the same. */
export function isSameStatus(one: object | undefined, other: object): boolean {
  return isDeepStrictEqual(one ?? {}, other)
}
