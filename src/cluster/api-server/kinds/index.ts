/** The kinds that the API server serves: the built-in ones, and those that a CustomResourceDefinition brings. */
export type { Decoded, FieldError, Kind, Subresource } from './kind.ts'
