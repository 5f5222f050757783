import { isFields } from '../schema/json.ts'

/**
 * The items of a merged list: those that the patch orders in its order, those that only the server has in theirs. Of two
 * that stand side by side, the server's own comes first only where it stood first before.
 */
export function inOrder(
  items: readonly unknown[],
  wanted: readonly unknown[],
  before: readonly unknown[],
  mergeKey: string | undefined,
): unknown[] {
  const nameOf = (item: unknown): unknown => (mergeKey !== undefined && isFields(item) ? item[mergeKey] : item)
  const positions = (list: readonly unknown[]): Map<unknown, number> =>
    new Map(list.map((item, index) => [nameOf(item), index]))
  const [inPatch, onServer] = [positions(wanted), positions(before)]
  const sorted = (list: readonly unknown[], by: ReadonlyMap<unknown, number>): unknown[] =>
    list.toSorted((a, b) => (by.get(nameOf(a)) ?? 0) - (by.get(nameOf(b)) ?? 0))
  const theirs = sorted(
    items.filter((item) => inPatch.has(nameOf(item))),
    inPatch,
  )
  const own = sorted(
    items.filter((item) => !inPatch.has(nameOf(item))),
    onServer,
  )
  const result: unknown[] = []
  while (own.length > 0 && theirs.length > 0) {
    const [left, right] = [onServer.get(nameOf(own[0])), onServer.get(nameOf(theirs[0]))]
    const first = left !== undefined && right !== undefined && left < right
    result.push(first ? own.shift() : theirs.shift())
  }
  return [...result, ...own, ...theirs]
}
