import { FieldSet } from './field-set.ts'

const ofMetadata = ['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'generation', 'resourceVersion']

/** What an object is called and what the server keeps of it is nobody's. */
export const identityFields = FieldSet.of(
  ['f:apiVersion'],
  ['f:kind'],
  ['f:metadata'],
  ...[...ofMetadata, 'clusterName', 'managedFields'].map((name) => ['f:metadata', `f:${name}`]),
)
