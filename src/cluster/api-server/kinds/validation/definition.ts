import { type FieldError, invalid, notSupported, required } from '../../schema/field-error.ts'
import type { Fields } from '../../schema/json.ts'
import type { BuiltInObject } from '../built-in-kind.ts'
import { oldLabelName } from './names.ts'
import { fieldsOf, listOf } from './values.ts'

/** A CustomResourceDefinition: its names, its versions, and that its schemas say of every field what it is. */
export function validateDefinition({ metadata, spec = {}, status = {} }: BuiltInObject): FieldError[] {
  const { group, scope } = spec
  const names = fieldsOf(spec['names'])
  const plural = names['plural'] as string
  const versions = listOf(spec['versions'])
  const stored = versions.filter(({ storage }) => storage === true)
  const isNamed = metadata.name === `${plural}.${group as string}`
  return [
    ...(isNamed ? [] : [invalid('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group')]),
    ...(['Cluster', 'Namespaced'].includes(scope as string)
      ? []
      : [notSupported('spec.scope', scope, ['Cluster', 'Namespaced'])]),
    ...(stored.length === 1
      ? []
      : [
          invalid(
            'spec.versions',
            versions.map((version) => internal(version, versions.length)),
            'must have exactly one version marked as storage version',
          ),
        ]),
    ...(plural === '' ? [required('spec.names.plural')] : ofLabel(plural, 'spec.names.plural')),
    ...(names['kind'] === ''
      ? [required('spec.names.kind')]
      : ofLabel(String(names['kind']).toLowerCase(), 'spec.names.kind')),
    ...versions.flatMap((version, index) => ofSchema(version, index, versions.length)),
    ...(listOf(status['storedVersions']).length > 0
      ? []
      : [invalid('status.storedVersions', null, 'must have at least one stored version')]),
  ]
}

function ofLabel(name: string, field: string): FieldError[] {
  return oldLabelName(name).map((problem) => invalid(field, name, problem))
}

/** A version as the API server shows it in a message: in the names of its own code. What only one has stands elsewhere. */
function internal({ name, served, storage, deprecated, schema, subresources }: Fields, count: number): Fields {
  return {
    Name: name,
    Served: served ?? false,
    Storage: storage ?? false,
    Deprecated: deprecated ?? false,
    DeprecationWarning: null,
    Schema: count === 1 ? null : (schema ?? null),
    Subresources: count === 1 ? null : (subresources ?? null),
    AdditionalPrinterColumns: null,
    SelectableFields: null,
  }
}

function ofSchema(version: Fields, index: number, count: number): FieldError[] {
  const schema = fieldsOf(version['schema'])['openAPIV3Schema']
  const own = `spec.versions[${index}].schema.openAPIV3Schema`
  if (schema === undefined) return [required(own)]
  const root = fieldsOf(schema)
  // A definition of one version is kept in an older form, and told in it.
  const path = count === 1 ? 'spec.validation.openAPIV3Schema' : own
  const { type } = root
  const detail = 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled'
  const hasStatus = fieldsOf(version['subresources'])['status'] !== undefined
  return [
    ...(type === 'object' ? [] : [invalid(`${path}.type`, type, 'must be object at the root')]),
    ...(type !== 'object' && hasStatus ? [invalid(`${path}.type`, type, detail)] : []),
    ...Object.entries(fieldsOf(root['properties'])).flatMap(([name, child]) =>
      untyped(fieldsOf(child), `${path}.properties[${name}]`, 'object fields'),
    ),
  ]
}

/** Every field, item and value has a type, unless it says that it has none. */
function untyped(schema: Fields, path: string, what: string): FieldError[] {
  const free = schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true
  const { properties, items, additionalProperties } = schema
  return [
    ...(schema['type'] === undefined && !free
      ? [required(`${path}.type`, `must not be empty for specified ${what}`)]
      : []),
    ...Object.entries(fieldsOf(properties)).flatMap(([name, child]) =>
      untyped(fieldsOf(child), `${path}.properties[${name}]`, 'object fields'),
    ),
    ...(items === undefined ? [] : untyped(fieldsOf(items), `${path}.items`, 'array items')),
    ...(typeof additionalProperties === 'object'
      ? untyped(fieldsOf(additionalProperties), `${path}.additionalProperties`, 'object fields')
      : []),
  ]
}
