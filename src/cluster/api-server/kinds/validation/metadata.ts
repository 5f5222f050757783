import type { KubeObject, Resource } from '../../../../kube/index.ts'
import type { FieldError } from '../../schema/field-error.ts'
import type { NameRule } from '../built-in-kind.ts'

/** Names, labels and annotations, and what of the identity may not change. */
export function validateMetadata(
  _next: KubeObject,
  _old: KubeObject | undefined,
  _resource: Resource,
  _rule: NameRule,
): FieldError[] {
  return []
}
