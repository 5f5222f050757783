import { readFileSync } from 'node:fs'
import type { Schema } from '../schema/schema.ts'
import type { Definition, WireForm } from './definition.ts'

/** A structure of a built-in kind, with everything that it refers to in place. Definitions may contain themselves. */
export interface BuiltInSchema extends Schema {
  /** The definition: `io.k8s.api.core.v1.PodSpec`; absent for what is described in place. */
  readonly name?: string
  readonly wire?: Readonly<Record<string, WireForm>>
  readonly properties?: Readonly<Record<string, BuiltInSchema>>
  readonly additionalProperties?: BuiltInSchema | boolean
  readonly items?: BuiltInSchema
}

type Json = Record<string, unknown>

/** As they are on the wire of `/openapi/v3`, but with short references: `"$ref": "io.k8s.api.core.v1.PodSpec"`. */
export const definitions: ReadonlyMap<string, Definition> = new Map(
  readFileSync(new URL('schemas/definitions.jsonl', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Definition)
    .map((definition) => [definition.name, definition]),
)

const resolved = new Map<string, BuiltInSchema>()

/** The schema of a definition. @throws TypeError for one that there is not. */
export function schemaOf(name: string): BuiltInSchema {
  const known = resolved.get(name)
  if (known !== undefined) return known
  const definition = definitions.get(name)
  if (definition === undefined) throw new TypeError(`there is no definition ${name}`)
  const schema: Json = {}
  // Before what is in it, since it may be in itself.
  resolved.set(name, schema)
  const format = name.endsWith('.resource.Quantity') ? { format: 'quantity' } : {}
  return Object.assign(schema, resolve(definition as unknown as Json), format)
}

function resolve({ properties, additionalProperties, items, ...rest }: Json): Json {
  const { $ref, default: fallback, ...facts } = rest
  if (typeof $ref === 'string') {
    const target = schemaOf($ref)
    // That a structure is always there is told by its wire form, not by a default.
    return Object.keys(facts).length === 0 ? (target as Json) : { ...target, ...facts }
  }
  return {
    ...rest,
    ...(fallback === undefined ? {} : { default: fallback }),
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties as Json).map(([key, child]) => [key, resolve(child as Json)]),
          ),
        }),
    ...(typeof additionalProperties === 'object'
      ? { additionalProperties: resolve(additionalProperties as Json) }
      : additionalProperties === undefined
        ? {}
        : { additionalProperties }),
    ...(items === undefined ? {} : { items: resolve(items as Json) }),
  }
}
