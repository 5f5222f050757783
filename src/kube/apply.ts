import type { WriteOptions } from './api.ts'
import type { ObjectRef } from './object.ts'
import { apiVersionOf, type Resource } from './resource.ts'

/** How a server-side apply is made. */
export interface ApplyOptions extends WriteOptions {
  /** Who owns the fields. Never a name that starts with `kubectl`: Flux reverts those. */
  fieldManager: string
  /** Take fields that another manager owns. Without it the server answers Conflict and names the owner. @default false */
  force?: boolean
  /** The object's uid: the apply then fails with Conflict instead of re-creating an object that was deleted. */
  uid?: string
}

/** JSON is YAML. */
export const applyContentType = 'application/apply-patch+yaml'

/**
 * The body of a server-side apply: `fields` with the identity that the server demands. `fields` may state its own
 * apiVersion and kind, for a subresource whose kind is another one (Scale).
 * @throws TypeError for a field manager whose fields Flux would revert.
 */
export function applyBody(resource: Resource, ref: ObjectRef, fields: object, options: ApplyOptions): object {
  if (options.fieldManager.startsWith('kubectl')) {
    throw new TypeError(`field manager "${options.fieldManager}": names that start with kubectl are reverted by Flux`)
  }
  const metadata = 'metadata' in fields ? (fields.metadata as object) : {}
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    ...fields,
    metadata: { ...metadata, ...ref, ...(options.uid === undefined ? {} : { uid: options.uid }) },
  }
}
