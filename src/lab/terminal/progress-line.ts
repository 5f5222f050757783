import { formatClock, formatCount, formatRate } from './format.ts'
import { cut, type Look, paint, type Tone } from './look.ts'

/** Where the lab is, right now. */
export interface Progress {
  /** What is being done: `building the cluster`, `rolling restarts of naive`. */
  readonly phase: string
  /** Null while there is nothing to count. */
  readonly step: { readonly name: string; readonly at: number; readonly of: number } | null
  /** Null before and after load. */
  readonly load: { readonly ratePerSecond: number; readonly sent: number; readonly lost: number } | null
  readonly elapsedSeconds: number
}

const BAR_WIDTH = 16
const SPINNER = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'

interface Part {
  readonly text: string
  readonly tone: Tone
  /** The part with the highest number is left out first when the line is too long. */
  readonly dispensable: number
}

/**
 * Progress as one line, never wider than the look. On a terminal it has a bar and may be redrawn in place; elsewhere it
 * is a line for a log.
 */
export function renderProgress({ phase, step, load, elapsedSeconds }: Progress, look: Look): string {
  const parts: Part[] = [{ text: phase, tone: 'strong', dispensable: 0 }]
  if (step !== null) {
    const { name, at, of } = step
    parts.push({ text: `${name} ${at} of ${of}`, tone: 'plain', dispensable: 1 })
    if (look.unicode) parts.push({ text: bar(at, of), tone: 'muted', dispensable: 4 })
  }
  if (load !== null) {
    const lost = `${formatCount(load.lost)} lost`
    parts.push(
      { text: formatRate(load.ratePerSecond), tone: 'plain', dispensable: 3 },
      { text: `${formatCount(load.sent)} sent`, tone: 'plain', dispensable: 2 },
      { text: lost, tone: load.lost === 0 ? 'good' : 'bad', dispensable: 0 },
    )
  }
  const clock = formatClock(elapsedSeconds)
  if (!look.unicode) return cut(look, [`[${clock}]`, ...parts.map(({ text }) => text)].join('  '), look.width)
  parts.push({ text: clock, tone: 'muted', dispensable: 5 })
  const spinner = SPINNER[Math.floor(elapsedSeconds * 5) % SPINNER.length] ?? ''
  const shown = fitting(parts, look.width - 2)
  if (shown.length === 1) return `${spinner} ${paint(look, 'strong', cut(look, phase, look.width - 2))}`
  return `${spinner} ${shown.map(({ text, tone }) => paint(look, tone, text)).join('  ')}`
}

function fitting(parts: readonly Part[], width: number): readonly Part[] {
  if (parts.map(({ text }) => text).join('  ').length <= width) return parts
  const worst = Math.max(...parts.map(({ dispensable }) => dispensable))
  return worst === 0
    ? parts.slice(0, 1)
    : fitting(
        parts.filter(({ dispensable }) => dispensable < worst),
        width,
      )
}

function bar(at: number, of: number): string {
  const filled = of <= 0 ? 0 : Math.round((Math.min(at, of) / of) * BAR_WIDTH)
  return '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled)
}
