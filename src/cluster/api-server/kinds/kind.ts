import type { KubeObject, Resource } from '../../../kube/index.ts'
import type { Schema } from '../schema/schema.ts'

/** One thing that is wrong with an object, in the API server's words. */
export interface FieldError {
  /** As the API server's `details.causes[].reason`. */
  readonly reason:
    | 'FieldValueRequired'
    | 'FieldValueInvalid'
    | 'FieldValueForbidden'
    | 'FieldValueDuplicate'
    | 'FieldValueNotSupported'
    | 'FieldValueTypeInvalid'
    | 'FieldValueTooLong'
    | 'FieldValueTooMany'
  /** `spec.template.spec.containers[0].image` */
  readonly field: string
  /** With the prefix that the API server gives it: `Required value`, `Invalid value: 5: must be ...`. */
  readonly message: string
}

export type Subresource = 'status' | 'scale' | 'binding' | 'eviction' | 'log'

/**
 * A kind that the API server serves: what of it is particular to the kind, and nothing about storage or HTTP.
 * All functions are pure apart from changing the object that they are given to prepare.
 */
export interface Kind {
  readonly resource: Resource
  readonly singularName: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly subresources: readonly Subresource[]
  /** The whole object, with apiVersion, kind and metadata. */
  readonly schema: Schema
  /** Whether a strategic merge patch is understood: not for custom resources. */
  readonly strategicMerge: boolean
  /** Fills in the defaults, after decoding and after each patch. Changes `object`. */
  applyDefaults(object: KubeObject): void
  /** What a creation may not set goes (status); what the server sets comes (generation 1, clusterIP is the server's). */
  prepareForCreate(object: KubeObject): void
  /** What this way of writing may not touch is put back from `old`; the generation rises when the spec changed. */
  prepareForUpdate(next: KubeObject, old: KubeObject, subresource?: Subresource): void
  /** Empty when the object may be stored. */
  validate(next: KubeObject, old?: KubeObject, subresource?: Subresource): FieldError[]
  /** What a field selector may ask besides metadata.name and metadata.namespace. */
  readonly selectableFields: Readonly<Record<string, (object: KubeObject) => string>>
}
