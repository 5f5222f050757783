import { type Fields, isFields } from '../schema/json.ts'
import type { Schema } from '../schema/schema.ts'
import type { PathElement } from './field-set.ts'
import { fieldSchema, itemElement, itemSchema, type Shape, shapeOf } from './shape.ts'

/**
 * What is live, with what is applied on top: maps field by field, associative lists item by item, all else as a whole.
 * The result shares what neither side changed.
 */
export function mergeApplied(live: unknown, applied: unknown, schema: Schema): unknown {
  if (live === undefined) return applied
  const shape = shapeOf(applied ?? live, schema)
  if (shape.kind === 'map') {
    if (applied === null) return Object.keys(live ?? {}).length === 0 ? null : live
    return isFields(live) ? mergedMap(live, applied as Fields, schema) : applied
  }
  if (shape.kind === 'list') {
    const items = Array.isArray(applied) ? (applied as unknown[]) : []
    return Array.isArray(live) && live.length > 0 ? mergedList(live, items, shape) : applied
  }
  return applied
}

function mergedMap(live: Fields, applied: Fields, schema: Schema): Fields {
  const result: Fields = { ...live }
  for (const [name, value] of Object.entries(applied)) {
    result[name] = mergeApplied(live[name], value, fieldSchema(schema, name) ?? {})
  }
  return result
}

/**
 * Items that both have follow the order of the applied list. An item that only live has stays behind the one it stood
 * behind; one that only the applied list has comes where it stands there.
 */
function mergedList(live: readonly unknown[], applied: readonly unknown[], shape: Shape & { kind: 'list' }): unknown[] {
  const schema = itemSchema(shape.schema)
  const left = live.map((item) => ({ item, element: itemElement(item, shape) }))
  const right = applied.map((item) => ({ item, element: itemElement(item, shape) }))
  const counted = Map.groupBy(left, ({ element }) => element)
  const wanted = new Set(right.map(({ element }) => element))
  const done = new Set<PathElement | undefined>()
  const shared = right.map(({ element }) => element).filter((element) => counted.has(element))
  const result: unknown[] = []
  const take = (entry: { item: unknown; element: PathElement | undefined }): void => {
    const same = counted.get(entry.element)
    // An item that is there twice is replaced, not merged.
    result.push(same?.length === 1 ? mergeApplied(same[0]?.item, entry.item, schema) : entry.item)
    done.add(entry.element)
    if (shared[0] === entry.element) shared.shift()
  }
  let [l, r] = [0, 0]
  while (l < left.length || r < right.length) {
    const [mine, theirs] = [left[l], right[r]]
    if (mine !== undefined && theirs !== undefined) {
      if (mine.element === theirs.element) {
        take(theirs)
        l++
        r++
        continue
      }
      // Shared, but another shared item comes first in the applied order.
      if (wanted.has(mine.element) && shared.length > 0 && shared[0] !== mine.element) {
        l++
        continue
      }
    }
    if (mine !== undefined) {
      if (!wanted.has(mine.element)) {
        result.push(mine.item)
        l++
        continue
      }
      if (done.has(mine.element)) l++
    }
    if (theirs !== undefined) {
      take(theirs)
      r++
    }
  }
  return result
}
