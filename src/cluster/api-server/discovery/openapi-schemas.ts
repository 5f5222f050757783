import type { ServedResource } from '../resources/served-resource.ts'
import { definitions } from '../kinds/index.ts'
import type { Schema } from '../schema/index.ts'

type Json = Record<string, unknown>

const objectMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

/** The name of a kind's schema in its document; that of a custom one begins with its group, backwards. */
export function schemaNameOf({ kind }: Pick<ServedResource, 'kind'>): string {
  const { group, version, kind: name } = kind.resource
  return kind.definition ?? [...group.split('.').reverse(), version, name].join('.')
}

/** The schemas of kinds, and of everything that these refer to. */
export function openApiSchemas(resources: readonly ServedResource[]): Record<string, object> {
  const schemas: Record<string, object> = {}
  for (const resource of resources) {
    const { group, version, kind } = resource.kind.resource
    const gvk = { 'x-kubernetes-group-version-kind': [{ group, version, kind }] }
    const name = schemaNameOf(resource)
    const known = definitions.get(name)
    const schema = known === undefined ? customSchema(resource.kind.schema) : (known as unknown as Json)
    schemas[name] = { ...collected(schema, schemas), ...gvk }
    const list = { type: 'object', required: ['items'], properties: listProperties(name) }
    schemas[`${name}List`] = { ...list, 'x-kubernetes-group-version-kind': [{ group, version, kind: `${kind}List` }] }
  }
  collect('io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta', schemas)
  return schemas
}

function listProperties(name: string): object {
  return {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { $ref: refTo('io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta') },
    items: { type: 'array', items: { $ref: refTo(name) } },
  }
}

/** As its definition says, with the metadata that every object has. */
function customSchema(schema: Schema): Json {
  return { ...schema, properties: { ...schema.properties, metadata: { $ref: objectMeta } } }
}

/** A schema as the document has it; what it refers to goes into `schemas`. */
function collected(schema: Json, schemas: Record<string, object>): Json {
  const { name: _name, wire: _wire, $ref, properties, items, additionalProperties, ...facts } = schema
  if (typeof $ref === 'string') {
    collect($ref, schemas)
    const reference = { $ref: refTo($ref) }
    return Object.keys(facts).length === 0 ? reference : { ...facts, allOf: [reference] }
  }
  const inner = (child: unknown): unknown =>
    typeof child === 'object' && child !== null ? collected(child as Json, schemas) : child
  return {
    ...facts,
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(Object.entries(properties as Json).map(([key, child]) => [key, inner(child)])),
        }),
    ...(items === undefined ? {} : { items: inner(items) }),
    ...(additionalProperties === undefined ? {} : { additionalProperties: inner(additionalProperties) }),
  }
}

function collect(name: string, schemas: Record<string, object>): void {
  const definition = definitions.get(name)
  if (definition === undefined || name in schemas) return
  // Before what is in it: definitions may contain themselves.
  schemas[name] = {}
  schemas[name] = collected(definition as unknown as Json, schemas)
}

function refTo(name: string): string {
  return `#/components/schemas/${name}`
}
