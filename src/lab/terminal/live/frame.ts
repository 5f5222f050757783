import { formatClock, formatCount } from '../format.ts'
import { cut, type Look, paint, type Tone } from '../look.ts'
import { columnsOf, lane, sparkline } from './lanes.ts'
import { type LiveState, stateOf } from './state.ts'

/** Characters of the terminal. */
export interface FrameSize {
  readonly width: number
  readonly height: number
}

const LABEL = 14
const LEAST_LANES = 3
const LINES_BESIDE_LANES = 13

const PHASES = {
  deploy: 'deploying',
  contract: 'the first contract reaches the pods',
  learning: 'the operator measures',
  'quiet-before': 'quiet load, before',
  disruptions: 'disruptions',
  'quiet-after': 'quiet load, after',
  count: 'counting',
  'clean-up': 'cleaning up',
} as const

interface Span {
  readonly text: string
  readonly tone?: Tone
}

/** The state as lines, none wider than the terminal and no more than fit on it. */
export function frame(state: LiveState, nowMs: number, { width, height }: FrameSize, look: Look): string[] {
  const lines: string[] = []
  const line = (...spans: readonly Span[]): void => void lines.push(fitted(spans, width, look))
  const { current, phase, disruption } = state

  const clock = formatClock(nowMs / 1000)
  const head = `drainkeeper rehearsal${state.where === null ? '' : `  ${state.where}`}`
  line(
    {
      text: head.padEnd(Math.max(0, width - clock.length - 1)).slice(0, Math.max(0, width - clock.length - 1)),
      tone: 'strong',
    },
    { text: ` ${clock}`, tone: 'muted' },
  )
  if (current === null) line({ text: state.verdict === null ? 'preparing' : '' })
  else {
    line(
      { text: current.scenarioTitle },
      { text: ' > ', tone: 'muted' },
      { text: current.variantTitle, tone: 'strong' },
      { text: `   ${current.index} of ${current.of}`, tone: 'muted' },
    )
    const doing = phase === null ? '' : PHASES[phase]
    const step =
      disruption === null || (phase !== 'disruptions' && phase !== 'learning')
        ? ''
        : `: ${disruption.what} ${disruption.at} of ${disruption.of}`
    line({ text: doing + step, tone: 'info' })
  }
  line({ text: '' })

  const columns = columnsOf(state.variantStartedMs, nowMs, Math.max(10, width - LABEL - 1))
  if (state.seconds.length > 0) {
    const rate = state.seconds.at(-1)?.requests ?? 0
    line(
      { text: 'requests/s'.padEnd(LABEL), tone: 'muted' },
      { text: sparkline(state, columns, ({ requests }) => requests, look), tone: 'info' },
    )
    line(
      { text: 'lost'.padEnd(LABEL), tone: 'muted' },
      { text: sparkline(state, columns, ({ lost }) => lost, look), tone: 'bad' },
    )
    const kinds = Object.entries(state.lostByKind)
      .toSorted(([, a], [, b]) => b - a)
      .map(([kind, count]) => `${kind} ${formatCount(count)}`)
    line(
      { text: ''.padEnd(LABEL) },
      { text: `${formatCount(rate)}/s now, ${formatCount(state.requests)} in all, ` },
      { text: `${formatCount(state.lost)} lost`, tone: state.lost > 0 ? 'bad' : 'good' },
      { text: kinds.length === 0 ? '' : `  ${kinds.join(', ')}`, tone: 'bad' },
    )
    line({ text: '' })
  }

  const most = Math.max(LEAST_LANES, height - LINES_BESIDE_LANES - state.done.length)
  for (const pod of chosen(state, most)) {
    const name = `${pod.name.split('-').at(-1) ?? pod.name} ${pod.node}`
    line(
      { text: cut(look, name, LABEL - 1).padEnd(LABEL), tone: stateOf(pod) === 'gone' ? 'muted' : 'plain' },
      ...lane(pod, columns, look),
    )
  }
  if (state.pods.length > 0) line({ text: '' })
  for (const { outline, requests, lost, passed } of state.done.slice(-4)) {
    const mark = look.unicode ? (passed ? '✓' : '✗') : passed ? 'ok' : 'FAILED'
    line(
      { text: `${mark} `, tone: passed ? 'good' : 'bad' },
      { text: `${outline.scenarioTitle} > ${outline.variantTitle}: ` },
      { text: `lost ${formatCount(lost)} of ${formatCount(requests)}`, tone: lost > 0 ? 'bad' : 'good' },
    )
  }
  for (const { atMs, tone, text } of state.notes.slice(-3)) {
    line({ text: `${formatClock(atMs / 1000)}  `, tone: 'muted' }, { text, tone })
  }
  if (state.verdict !== null) line({ text: state.verdict.sentence, tone: state.verdict.passed ? 'good' : 'bad' })
  return lines.slice(0, Math.max(1, height - 1))
}

/** Pods that are there first of all, then those that went last; in the order in which they came. */
function chosen({ pods }: LiveState, most: number): LiveState['pods'] {
  const gone = pods.filter((pod) => stateOf(pod) === 'gone')
  const surplus = Math.max(0, pods.length - most)
  const dropped = new Set(gone.slice(0, surplus))
  return pods.filter((pod) => !dropped.has(pod)).slice(-most)
}

function fitted(spans: readonly Span[], width: number, look: Look): string {
  let left = width
  let text = ''
  for (const span of spans) {
    const shown = cut(look, span.text, left)
    text += paint(look, span.tone ?? 'plain', shown)
    left -= shown.length
    if (left <= 0) break
  }
  return text
}
