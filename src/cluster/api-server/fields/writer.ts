import type { KubeObject, Resource } from '../../../kube/index.ts'
import type { Schema } from '../schema/schema.ts'
import type { FieldSet } from './field-set.ts'

/** What of a kind decides about ownership. Every `Kind` is one. */
export interface FieldRules {
  readonly resource: Resource
  /** Of the whole object. */
  readonly schema: Schema
  /** What an object is before anybody has written a field. */
  readonly empty: object
  /** Fields that this way of writing never owns. */
  resetFields(subresource?: string): FieldSet
  decode(object: KubeObject): unknown
  applyDefaults(object: KubeObject): void
}

/** Who writes an object, how and when: all that its entry in `managedFields` is made of. */
export interface Writer {
  readonly kind: FieldRules
  /** `fieldManager`, or the first word of the user agent; empty is told as `unknown`. */
  readonly manager: string
  readonly subresource?: string
  /** RFC 3339, whole seconds. */
  readonly now: string
}
