import type { Schema } from '../schema/schema.ts'

/**
 * One structure of the API as `/openapi/v3` has it, without descriptions, and what the Go type behind it adds. A line of
 * `schemas/definitions.jsonl`.
 */
export interface Definition extends Schema {
  readonly name: string
  /** How the API server writes a field that is not `omitempty` or that is a pointer. The rest is left out when empty. */
  readonly wire?: Readonly<Record<string, WireForm>>
}

/**
 * `pointer`: absent when nobody set it, kept when it is 0, false or empty. The others are always there: `zero` as 0, false
 * or the empty string, `null` as null, `struct` as an object.
 */
export type WireForm = 'pointer' | 'zero' | 'null' | 'struct'
