import type { PodTimeline } from '../result.ts'
import { html, type Html } from './html.ts'
import type { LossGroup } from './loss-kinds.ts'

/** The moments of a pod's end, in the order in which they should come. Each has its own shape, not only its colour. */
export const moments = [
  { key: 'deletedMs', name: 'deleted', mark: 'deleted' },
  { key: 'sliceFlippedMs', name: 'out of its EndpointSlice', mark: 'slice' },
  { key: 'drainStartMs', name: 'drain start', mark: 'drain' },
  { key: 'lastLateMs', name: 'last late arrival', mark: 'late' },
  { key: 'listenerClosedMs', name: 'listener closed', mark: 'closed' },
  { key: 'exitedMs', name: 'exit', mark: 'exit' },
] as const satisfies readonly { key: keyof PodTimeline; name: string; mark: string }[]

export type Mark = (typeof moments)[number]['mark'] | 'killed'

/** Outlines around the middle of a mark, in units of the chart. */
const MARK_PATHS: Readonly<Record<Mark, string>> = {
  deleted: 'M-4-4.5h8l-4 7z',
  slice: 'M0-4.5l4.5 4.5-4.5 4.5-4.5-4.5z',
  drain: 'M-3-4.5l6.5 4.5-6.5 4.5z',
  late: 'M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z',
  closed: 'M-3.5-3.5h7v7h-7z',
  exit: 'M-1.3-5.5h2.6v11h-2.6z',
  killed: 'M-4-4l8 8M4-4l-8 8',
}

export function mark(kind: Mark, x: number, y: number): Html {
  return html`<path class="mark mark-${kind}" d="${MARK_PATHS[kind]}" transform="translate(${x} ${y})"/>`
}

const LOSS_PATHS: Readonly<Record<LossGroup, string>> = {
  status: 'm-3.5-3.5h7v7h-7z',
  reset: 'm-3.5-3.5l7 7m0-7l-7 7',
  refused: 'm-4.5 0h9m-4.5-4.5v9',
  timeout: 'm-4 3.5h8l-4-7.5z',
  rpc: 'm0-4.5l4.5 4.5-4.5 4.5-4.5-4.5z',
  other: 'm-4 0h8',
}

/** One path for all losses of a group. */
export function lossMarks(group: LossGroup, points: readonly (readonly [number, number])[]): Html {
  const outline = LOSS_PATHS[group]
  return html`<path class="loss loss-${group}" d="${points.map(([x, y]) => `M${x} ${y}${outline}`).join('')}"/>`
}

/** The mark by itself, for a legend. */
export function legendMark(content: Html): Html {
  return html`<svg class="key" viewBox="-8 -8 16 16" width="16" height="16" aria-hidden="true">${content}</svg>`
}
