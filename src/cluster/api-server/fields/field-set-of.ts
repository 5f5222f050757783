import { isFields } from '../schema/json.ts'
import type { Schema } from '../schema/schema.ts'
import { FieldSet, type PathElement } from './field-set.ts'
import { SetBuilder } from './set-builder.ts'
import { fieldElement, fieldSchema, isNamed, itemElement, itemSchema, shapeOf } from './shape.ts'

/** The fields that somebody who applies `value` states: leaves, items of lists, and keys of free maps. */
export function fieldSetOf(value: unknown, schema: Schema): FieldSet {
  const builder = new SetBuilder()
  collect(value, schema, [], builder)
  return builder.build()
}

function collect(value: unknown, schema: Schema, path: PathElement[], into: SetBuilder): void {
  const shape = shapeOf(value, schema)
  if (shape.kind === 'leaf') {
    into.add(path)
  } else if (shape.kind === 'map') {
    for (const [name, child] of Object.entries(value as object)) {
      const below = [...path, fieldElement(name)]
      collect(child, fieldSchema(schema, name) ?? {}, below, into)
      if (isEmptyMap(child) || !isNamed(schema, name)) into.add(below)
    }
  } else {
    const items = Map.groupBy(value as unknown[], (item) => itemElement(item, shape))
    for (const [element, [item, ...duplicates]] of items) {
      if (element === undefined) continue
      const below = [...path, element]
      // Nobody can own a part of an item that is there twice.
      if (duplicates.length === 0) collect(item, itemSchema(schema), below, into)
      into.add(below)
    }
  }
}

function isEmptyMap(value: unknown): boolean {
  return isFields(value) && Object.keys(value).length === 0
}

/** The same set where each named field that has something below is itself a member: to remove a whole branch by. */
export function withNamedParents(set: FieldSet, schema: Schema): FieldSet {
  return set.map((element, member, children) => {
    const name = element.startsWith('f:') ? element.slice(2) : undefined
    const below = name === undefined ? itemSchema(schema) : (fieldSchema(schema, name) ?? {})
    return {
      member: member || (name !== undefined && isNamed(schema, name)),
      children: withNamedParents(children, below),
    }
  })
}
