import type { RehearsalEvent } from '../../src/lab/rehearsal/events.ts'
import { emptyState, frame, next } from '../../src/lab/terminal/live/index.ts'

const size = { width: 108, height: 32 }
const look = { width: size.width, unicode: true, colours: true }
/** How far into the last variant's disruptions the picture is taken. */
const SHARE = 0.75

const CLASSES: Readonly<Record<string, string>> = {
  1: 'strong',
  2: 'muted',
  31: 'bad',
  32: 'good',
  33: 'warn',
  36: 'info',
}

const SEQUENCE = new RegExp(String.raw`${String.fromCharCode(27)}\[(\d+)m`, 'g')

/** The live view at one moment of a recorded rehearsal, as a page: what a terminal shows, in its colours. */
export function terminalPage(events: readonly RehearsalEvent[]): string {
  const from = events.findLastIndex((event) => event.type === 'phase' && event.phase === 'disruptions')
  const to = events.findIndex((event, index) => index > from && event.type === 'phase')
  const chosen = from < 0 || to < 0 ? events.length : from + Math.ceil((to - from) * SHARE)
  const shown = events.slice(0, chosen)
  const state = shown.reduce(next, emptyState)
  const lines = frame(state, shown.at(-1)?.atMs ?? 0, size, look)
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>terminal</title><style>
body{margin:0;background:#fff}main{display:inline-block;background:#14171a;color:#d7dbe0;padding:18px 22px;border-radius:8px}
pre{margin:0;font:14px/1.32 "DejaVu Sans Mono","Liberation Mono",monospace}
.strong{font-weight:700;color:#fff}.muted{color:#7f8b97}.bad{color:#ff7b72;font-weight:700}.good{color:#56d364;font-weight:700}.warn{color:#e3b341}.info{color:#6cb6ff}
</style><main><pre>${lines.map(withSpans).join('\n')}</pre></main></html>`
}

/** SGR sequences as spans; an ending sequence (22, 39) ends all that are open. */
function withSpans(line: string): string {
  let open = 0
  const escaped = line.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  const spans = escaped.replace(SEQUENCE, (_, code: string) => {
    const name = CLASSES[code]
    if (name === undefined) {
      const ends = '</span>'.repeat(open)
      open = 0
      return ends
    }
    open += 1
    return `<span class="${name}">`
  })
  return spans + '</span>'.repeat(open)
}
