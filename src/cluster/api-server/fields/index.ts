/**
 * Who owns which fields: `metadata.managedFields`, and server-side apply, which is decided by it.
 */
export { applyFields } from './apply.ts'
export type { Writer } from './writer.ts'
export { ApplyConflict, ApplyRefused } from './apply-error.ts'
export { FieldSet } from './field-set.ts'
export { recordUpdate } from './update.ts'
