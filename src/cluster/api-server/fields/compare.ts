import { isFields, sameJson } from '../schema/json.ts'
import type { Schema } from '../schema/schema.ts'
import type { FieldSet, PathElement } from './field-set.ts'
import { SetBuilder } from './set-builder.ts'
import { fieldElement, fieldSchema, itemElement, itemSchema, type Shape, shapeOf } from './shape.ts'

/** How two objects differ. No field is in more than one of the sets. */
export interface Comparison {
  readonly added: FieldSet
  readonly modified: FieldSet
  readonly removed: FieldSet
}

export function compare(before: object, after: object, schema: Schema): Comparison {
  const walk = new Walk()
  walk.compare(before, after, schema, [])
  return { added: walk.added.build(), modified: walk.modified.build(), removed: walk.removed.build() }
}

class Walk {
  readonly added = new SetBuilder()
  readonly modified = new SetBuilder()
  readonly removed = new SetBuilder()

  /** `undefined` stands for what is not there. */
  compare(before: unknown, after: unknown, schema: Schema, path: PathElement[]): void {
    if (before === after) return
    const shape = shapeOf(after ?? before, schema)
    if (shape.kind === 'leaf' || (isEmpty(before) && isEmpty(after)) || !comparable(before, after)) {
      if (before === undefined) this.added.add(path)
      else if (after === undefined) this.removed.add(path)
      else if (!sameJson(before, after)) this.modified.add(path)
      return
    }
    if (shape.kind === 'map') this.#compareMaps(before, after, schema, path)
    else this.#compareLists(before, after, shape, path)
    if (before === undefined) this.added.add(path)
    if (after === undefined) this.removed.add(path)
  }

  #compareMaps(before: unknown, after: unknown, schema: Schema, path: PathElement[]): void {
    const [old, next] = [isFields(before) ? before : {}, isFields(after) ? after : {}]
    for (const name of Object.keys({ ...old, ...next })) {
      this.compare(old[name], next[name], fieldSchema(schema, name) ?? {}, [...path, fieldElement(name)])
    }
  }

  #compareLists(before: unknown, after: unknown, shape: Shape & { kind: 'list' }, path: PathElement[]): void {
    const [old, next] = [byElement(before, shape), byElement(after, shape)]
    for (const element of new Set([...old.keys(), ...next.keys()])) {
      if (element === undefined) continue
      const [was, is] = [old.get(element) ?? [], next.get(element) ?? []]
      const below = [...path, element]
      const items = itemSchema(shape.schema)
      if (was.length <= 1 && is.length <= 1) this.compare(was[0], is[0], items, below)
      else if (was.length > 1 && is.length > 1) {
        if (!sameJson(was, is)) this.modified.add(below)
      } else if (was.length > 1) {
        if (is.length > 0) this.compare(undefined, is[0], items, below)
        this.removed.add(below)
      } else {
        if (was.length > 0) this.compare(was[0], undefined, items, below)
        this.added.add(below)
      }
    }
  }
}

function byElement(list: unknown, shape: Shape & { kind: 'list' }): Map<PathElement | undefined, unknown[]> {
  return Map.groupBy(Array.isArray(list) ? (list as unknown[]) : [], (item) => itemElement(item, shape))
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0)
}

/** Null and what is not there compare with anything; a list does not compare with a map, nor either with a scalar. */
function comparable(before: unknown, after: unknown): boolean {
  if (before === undefined || before === null || after === undefined || after === null) return true
  return typeof before === typeof after && Array.isArray(before) === Array.isArray(after)
}
