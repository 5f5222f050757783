import { isFields } from './data.ts'

/** One place where two values differ. */
export interface Change {
  readonly path: string
  /** Absent: there was nothing. */
  readonly before?: unknown
  /** Absent: nothing is left. */
  readonly after?: unknown
}

/** Where two values of plain data differ, by path. Items of lists are told by their identity where they have one. */
export function changesBetween(before: unknown, after: unknown, path = ''): Change[] {
  if (isFields(before) && isFields(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    return names.flatMap((name) => changesBetween(before[name], after[name], path === '' ? name : `${path}.${name}`))
  }
  if (Array.isArray(before) && Array.isArray(after)) return changesOfLists(before, after, path)
  if (Object.is(before, after)) return []
  return [
    {
      path,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    },
  ]
}

function changesOfLists(before: readonly unknown[], after: readonly unknown[], path: string): Change[] {
  const [mine, theirs] = [keysOf(before), keysOf(after)]
  if (mine === undefined || theirs === undefined) {
    const length = Math.max(before.length, after.length)
    return Array.from({ length }, (_, index) => changesBetween(before[index], after[index], `${path}[${index}]`)).flat()
  }
  const keys = [...new Set([...mine.keys(), ...theirs.keys()])]
  const changes = keys.flatMap((key) => changesBetween(mine.get(key), theirs.get(key), `${path}[${key}]`))
  const common = (order: ReadonlyMap<string, unknown>): string =>
    [...order.keys()].filter((key) => mine.has(key) && theirs.has(key)).join(' ')
  const moved =
    common(mine) === common(theirs) ? [] : [{ path: `${path} (order)`, before: common(mine), after: common(theirs) }]
  return [...changes, ...moved]
}

/** The items by what tells them apart; undefined when they have no identity, or not all of them have another. */
function keysOf(list: readonly unknown[]): ReadonlyMap<string, unknown> | undefined {
  const keyed = new Map<string, unknown>()
  for (const item of list) {
    const key = identityOf(item)
    if (key === undefined || keyed.has(key)) return undefined
    keyed.set(key, item)
  }
  return keyed
}

function identityOf(item: unknown): string | undefined {
  if (typeof item === 'string') return item
  if (!isFields(item)) return undefined
  const parts = item['manager'] === undefined ? [item['name'] ?? item['type']] : managerKey.map((key) => item[key])
  const words = parts.filter((part) => typeof part === 'string')
  return words.length === 0 ? undefined : words.join(' ')
}

const managerKey = ['manager', 'operation', 'subresource', 'apiVersion']
