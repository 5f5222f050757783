import type { Fields } from './json.ts'
import type { Schema } from './schema.ts'

/** Always known at the root of an object, and of one that is embedded, whatever the schema says. */
const identity: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata'])

/**
 * Drops every field that the schema does not know. Changes `object`.
 * @returns the dropped fields as the API server tells them: `spec.containers[0].imagee`
 */
export function pruneUnknownFields(object: object, schema: Schema): string[] {
  const dropped: string[] = []
  prune(object, schema, '', true, false, dropped)
  return dropped
}

function prune(value: unknown, schema: Schema, path: string, root: boolean, kept: boolean, dropped: string[]): void {
  const preserves = kept || schema['x-kubernetes-preserve-unknown-fields'] === true
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      prune(item, schema.items ?? {}, `${path}[${index}]`, false, preserves && schema.items === undefined, dropped)
    }
    return
  }
  if (typeof value !== 'object' || value === null) return
  const isObject = root || schema['x-kubernetes-embedded-resource'] === true
  const fields = value as Fields
  for (const name of Object.keys(fields).sort()) {
    // A custom resource's schema may name metadata without its fields.
    if (isObject && identity.has(name)) continue
    const below = path === '' ? name : `${path}.${name}`
    const property = schemaOfField(schema, name)
    if (property !== undefined) prune(fields[name], property, below, false, false, dropped)
    else if (!preserves) {
      delete fields[name]
      dropped.push(below)
    }
  }
}

/** An object without any properties named is free-form for a built-in type that says nothing more. */
function schemaOfField(schema: Schema, name: string): Schema | undefined {
  const property = schema.properties?.[name]
  if (property !== undefined) return property
  const { additionalProperties } = schema
  if (additionalProperties === true) return { 'x-kubernetes-preserve-unknown-fields': true }
  return typeof additionalProperties === 'object' ? additionalProperties : undefined
}
