/** The kinds that the API server serves: the built-in ones, and those that a CustomResourceDefinition brings. */
export { builtInKinds } from './catalog.ts'
export { type CustomResourceDefinition, customResourceKind } from './custom-resource.ts'
export { definitions } from './definitions.ts'
export type { Decoded, FieldError, Kind, Subresource } from './kind.ts'
