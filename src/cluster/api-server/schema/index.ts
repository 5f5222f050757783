/**
 * What a schema says about an object: which fields it may have, what stands there by default, and what is wrong with it.
 * Pure functions over plain JSON.
 */
export { validateRules } from './cel/validate-rules.ts'
export { applySchemaDefaults } from './defaults.ts'
export { duplicateFields } from './duplicate-fields.ts'
export type { FieldError } from './field-error.ts'
export { pruneUnknownFields } from './prune.ts'
export type { Schema, ValidationRule } from './schema.ts'
export { validateStructure } from './validate.ts'
