import type { LoadSecond, PodState } from '../../rehearsal/events.ts'
import type { Look, Tone } from '../look.ts'
import { type LiveState, type PodLane } from './state.ts'

/** One axis of time for everything in a frame: columns of characters, each of the same length in time. */
export interface Columns {
  readonly fromMs: number
  readonly columnMs: number
  /** How many of them have begun. */
  readonly count: number
}

const SHORTEST_MS = 250
const BARS = '▁▂▃▄▅▆▇█'
const PLAIN_BARS = '.:-=+*#@'

/** The whole of a variant so far, at a quarter of a second per column until that no longer fits. */
export function columnsOf(fromMs: number, nowMs: number, width: number): Columns {
  const spanMs = Math.max(0, nowMs - fromMs)
  const columnMs = Math.max(SHORTEST_MS, Math.ceil(spanMs / width / SHORTEST_MS) * SHORTEST_MS)
  return { fromMs, columnMs, count: Math.min(width, Math.floor(spanMs / columnMs) + 1) }
}

const CELLS: Readonly<Record<PodState, { unicode: string; plain: string; tone: Tone }>> = {
  starting: { unicode: '·', plain: '.', tone: 'muted' },
  ready: { unicode: '━', plain: '=', tone: 'good' },
  'not-ready': { unicode: '╌', plain: '-', tone: 'warn' },
  terminating: { unicode: '▒', plain: 'd', tone: 'warn' },
  ended: { unicode: '×', plain: 'x', tone: 'bad' },
  gone: { unicode: ' ', plain: ' ', tone: 'plain' },
}

/** A pod's life along the columns. A state that is shorter than a column shows where it began. */
export function lane(
  { states }: PodLane,
  { fromMs, columnMs, count }: Columns,
  look: Look,
): { text: string; tone: Tone }[] {
  const cells: (PodState | null)[] = Array.from({ length: count }, (_, column) => {
    const untilMs = fromMs + (column + 1) * columnMs
    return states.findLast(({ atMs }) => atMs < untilMs)?.state ?? null
  })
  for (const { atMs, state } of states) {
    const column = Math.floor((atMs - fromMs) / columnMs)
    if (state === 'ended' && column >= 0 && column < count) cells[column] = 'ended'
  }
  const spans: { text: string; tone: Tone }[] = []
  for (const cell of cells) {
    const { unicode, plain, tone } = cell === null ? CELLS.gone : CELLS[cell]
    const last = spans.at(-1)
    const text = look.unicode ? unicode : plain
    if (last?.tone === tone) last.text += text
    else spans.push({ text, tone })
  }
  return spans
}

/** A figure of each second along the same columns; a dot where it is nothing, blank where there was no load. */
export function sparkline(
  { seconds, loadStartedMs }: LiveState,
  { fromMs, columnMs, count }: Columns,
  figure: (second: LoadSecond) => number,
  look: Look,
): string {
  const most = Math.max(1, ...seconds.map(figure))
  const bars = look.unicode ? BARS : PLAIN_BARS
  let text = ''
  for (let column = 0; column < count; column += 1) {
    const from = Math.floor((fromMs + column * columnMs - loadStartedMs) / 1000)
    const until = Math.max(from + 1, Math.ceil((fromMs + (column + 1) * columnMs - loadStartedMs) / 1000))
    const inside = seconds.slice(Math.max(0, from), Math.max(0, until))
    const value = Math.max(-1, ...inside.map(figure))
    if (value < 0) text += ' '
    else if (value === 0) text += look.unicode ? '·' : '.'
    else text += bars[Math.min(bars.length - 1, Math.ceil((value / most) * bars.length) - 1)] ?? ' '
  }
  return text
}
