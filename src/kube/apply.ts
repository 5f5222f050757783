import type { WriteOptions } from './api.ts'

/** How a server-side apply is made. */
export interface ApplyOptions extends WriteOptions {
  /** Who owns the fields. Never a name that starts with `kubectl`: Flux reverts those. */
  fieldManager: string
  /** Take fields that another manager owns. Without it the server answers Conflict and names the owner. @default false */
  force?: boolean
  /** The object's uid: the apply then fails with Conflict instead of re-creating an object that was deleted. */
  uid?: string
}
