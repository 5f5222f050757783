import { apiVersionOf, type KubeObject } from '../../../kube/index.ts'
import { isFields } from '../schema/json.ts'
import { compare } from './compare.ts'
import { type FieldSet } from './field-set.ts'
import { fieldSetOf } from './field-set-of.ts'
import type { FieldRules } from './writer.ts'

const annotation = 'kubectl.kubernetes.io/last-applied-configuration'

/**
 * What `kubectl apply --server-side` may take from client-side apply without force: the fields that the annotation of
 * the latter states and that are still so. Undefined where there is no such annotation.
 */
export function allowedByLastApplied(live: KubeObject | undefined, kind: FieldRules): FieldSet | undefined {
  const last = parsed(live?.metadata.annotations?.[annotation])
  if (live === undefined || last === undefined || last['apiVersion'] !== apiVersionOf(kind.resource)) return undefined
  const { added, modified, removed } = compare(last, live, kind.schema)
  return fieldSetOf(last, kind.schema).difference(added.union(modified).union(removed))
}

/** `kubectl apply --server-side` keeps the annotation of client-side apply current, where there is one. */
export function syncLastApplied(object: KubeObject, applied: KubeObject): void {
  const annotations = object.metadata.annotations
  if (annotations?.[annotation] === undefined || annotations[annotation] === '') return
  const { [annotation]: _, ...rest } = applied.metadata.annotations ?? {}
  const metadata = { ...applied.metadata, annotations: rest }
  annotations[annotation] = `${JSON.stringify({ ...applied, metadata })}\n`
}

function parsed(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return isFields(value) ? value : undefined
  } catch {
    return undefined
  }
}
