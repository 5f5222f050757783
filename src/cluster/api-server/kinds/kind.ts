import type { KubeObject, Resource } from '../../../kube/index.ts'
import type { FieldSet } from '../fields/field-set.ts'
import type { FieldError } from '../schema/field-error.ts'
import type { Schema } from '../schema/schema.ts'

export type { FieldError } from '../schema/field-error.ts'

export type Subresource = 'status' | 'scale' | 'binding' | 'eviction' | 'log'

/** What came of reading an object that a client sent. */
export interface Decoded {
  /** Fields that were dropped because the kind does not have them: `spec.containers[0].imagee`. */
  readonly unknownFields: readonly string[]
  /** Why the object cannot be read at all, in the API server's words: 400 for a creation or update. */
  readonly malformed?: string
}

/**
 * A kind that the API server serves: what of it is particular to the kind, and nothing about storage or HTTP.
 * All functions are pure apart from changing the object that they are given to prepare.
 *
 * A write takes them in this order: decode, applyDefaults, `recordUpdate` (or `applyFields`, which contains all three),
 * prepareForCreate or prepareForUpdate, validate. So what is prepared, like what admission adds, belongs to no manager.
 */
export interface Kind {
  readonly resource: Resource
  readonly singularName: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly subresources: readonly Subresource[]
  /** The whole object, with apiVersion, kind and metadata. */
  readonly schema: Schema
  /** What an object is before anybody has written a field: structures that are always there. */
  readonly empty: object
  /** Its name in `/openapi/v3`: `io.k8s.api.apps.v1.Deployment`. Only built-in kinds have one. */
  readonly definition?: string
  /** Whether a strategic merge patch is understood: not for custom resources. */
  readonly strategicMerge: boolean
  /** Whether an update without resourceVersion is taken as it is, rather than refused. */
  readonly unconditionalUpdate: boolean
  /** Whether an update of what does not exist creates it. */
  readonly createOnUpdate: boolean
  /** Drops what the kind does not know, and what the wire does not keep (nulls, empty values). Changes `object`. */
  decode(object: KubeObject): Decoded
  /** Fills in the defaults, after decoding and after each patch. Changes `object`. */
  applyDefaults(object: KubeObject): void
  /** What a creation may not set goes (status); what the server sets comes (generation 1, clusterIP is the server's). */
  prepareForCreate(object: KubeObject): void
  /** What this way of writing may not touch is put back from `old`; the generation rises when the spec changed. */
  prepareForUpdate(next: KubeObject, old: KubeObject, subresource?: Subresource): void
  /** Fields that this way of writing never owns, since it cannot change them: `status` for all but its subresource. */
  resetFields(subresource?: string): FieldSet
  /** Empty when the object may be stored. */
  validate(next: KubeObject, old?: KubeObject, subresource?: Subresource): FieldError[]
  /** What a field selector may ask besides metadata.name and metadata.namespace. */
  readonly selectableFields: Readonly<Record<string, (object: KubeObject) => string>>
}
