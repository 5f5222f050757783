import type { Schema } from '../schema/schema.ts'
import type { FieldSet } from './field-set.ts'

/** Who writes an object, how and when: all that its entry in `managedFields` is made of. */
export interface Writer {
  /** `fieldManager`, or the first word of the user agent; empty is told as `unknown`. */
  readonly manager: string
  /** The version that the object is written in. */
  readonly apiVersion: string
  readonly subresource?: string
  /** RFC 3339, whole seconds. */
  readonly now: string
  /** Of the whole object. */
  readonly schema: Schema
  /** What this way of writing may not touch, and therefore never owns (see `Kind.resetFields`). */
  readonly resetFields: FieldSet
}
