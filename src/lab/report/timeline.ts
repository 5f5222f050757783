import type { PodTimeline, RequestDot, VariantResult } from '../result.ts'
import { podStory, shortName, wasKilled } from './figures.ts'
import { html, type Html } from './html.ts'
import { lossGroup, type LossGroup } from './loss-kinds.ts'
import { lossMarks, mark, type Mark, moments } from './marks.ts'
import { decades, linearScale, logScale, type Scale, ticks } from './scale.ts'

const WIDTH = 960
const LEFT = 104
const RIGHT = 14
const SCATTER_TOP = 22
const SCATTER_HEIGHT = 150
const LANES_TOP = SCATTER_TOP + SCATTER_HEIGHT + 26
const LANE = 15
const AXIS = 34
/** Below this every answer is fast; the chart does not spend height on it. */
const FASTEST_MS = 0.5

/** Every pod as a lane under every request, on one axis of time: who was there, and what it cost. */
export function timeline({ requests, pods, disruptions, seconds }: VariantResult, label: string): Html {
  const lanes = pods.toSorted((a, b) => startOf(a) - startOf(b) || (a.name < b.name ? -1 : 1))
  const lanesBottom = LANES_TOP + Math.max(1, lanes.length) * LANE
  const height = lanesBottom + AXIS
  const x = linearScale(0, seconds * 1000, LEFT, WIDTH - RIGHT)
  return html`<svg class="chart" viewBox="0 0 ${WIDTH} ${height}" role="group" aria-label="${label}">
${disruptions.map(({ startMs, endMs }, index) => band(x, startMs, endMs, index, lanesBottom))}
${scatter(requests, x, seconds)}
<text class="caption" x="${LEFT}" y="${LANES_TOP - 8}">pods, from ready to exit</text>
${lanes.map((pod, index) => lane(pod, x, LANES_TOP + index * LANE, seconds * 1000))}
${timeAxis(x, seconds, lanesBottom)}
</svg>`
}

const startOf = ({ readyMs, deletedMs }: PodTimeline): number => readyMs ?? deletedMs ?? Infinity

function band(x: Scale, startMs: number, endMs: number, index: number, bottom: number): Html {
  const left = x(startMs)
  const width = Math.max(1, Math.round((x(endMs) - left) * 10) / 10)
  return html`<rect class="band" x="${left}" y="${SCATTER_TOP}" width="${width}" height="${bottom - SCATTER_TOP}"/>
<text class="caption" x="${left + 4}" y="${SCATTER_TOP - 7}">${index + 1}</text>`
}

function scatter(requests: readonly RequestDot[], x: Scale, seconds: number): Html {
  const slowestMs = requests.reduce((most, [, duration]) => Math.max(most, duration), 10)
  const bottom = SCATTER_TOP + SCATTER_HEIGHT
  const y = logScale(FASTEST_MS, 10 ** Math.ceil(Math.log10(slowestMs)), bottom, SCATTER_TOP)
  const lost = new Map<LossGroup, [number, number][]>()
  let answered = ''
  for (const [start, duration, kind] of requests) {
    if (start < 0 || start > seconds * 1000) continue
    if (kind === null) answered += `M${x(start)} ${y(duration)}h0`
    else lost.set(lossGroup(kind), [...(lost.get(lossGroup(kind)) ?? []), [x(start), y(duration)]])
  }
  return html`${decades(1, slowestMs * 10).map((ms) =>
    y(ms) < SCATTER_TOP
      ? null
      : html`<path class="grid" d="M${LEFT} ${y(ms)}H${WIDTH - RIGHT}"/>
<text class="tick end" x="${LEFT - 8}" y="${y(ms) + 4}">${ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`}</text>`,
  )}
<path class="dot" d="${answered}"/>
${[...lost].map(([group, points]) => lossMarks(group, points))}`
}

function lane(pod: PodTimeline, x: Scale, top: number, endMs: number): Html {
  const middle = top + LANE / 2
  const { deletedMs, listenerClosedMs, exitedMs } = pod
  const clamp = (ms: number): number => x(Math.min(endMs, Math.max(0, ms)))
  const bar = (from: number, to: number, state: string): Html =>
    html`<rect class="lane lane-${state}" x="${clamp(from)}" y="${middle - 3.5}" width="${Math.max(0.5, Math.round((clamp(to) - clamp(from)) * 10) / 10)}" height="7" rx="1.5"/>`
  const last = exitedMs ?? endMs
  const closed = listenerClosedMs ?? last
  const shown = moments.flatMap(({ key, mark: kind }) => {
    const at = pod[key]
    if (at === null || at < 0 || at > endMs) return []
    const form: Mark = kind === 'exit' && wasKilled(pod) ? 'killed' : kind
    return [mark(form, x(at), middle)]
  })
  return html`<g class="pod" tabindex="0" role="img" aria-label="${podStory(pod)}">
<rect class="hit" x="0" y="${top}" width="${WIDTH}" height="${LANE}"/>
<text class="tick end" x="${LEFT - 8}" y="${middle + 4}">${shortName(pod.name)}</text>
${bar(startOf(pod) === Infinity ? 0 : (pod.readyMs ?? 0), deletedMs ?? last, 'serving')}
${deletedMs === null ? null : [bar(deletedMs, closed, 'draining'), closed < last ? bar(closed, last, 'finishing') : null]}
${shown}</g>`
}

function timeAxis(x: Scale, seconds: number, top: number): Html {
  return html`<path class="axis" d="M${LEFT} ${top}H${WIDTH - RIGHT}"/>
${ticks(seconds, 8).map(
  (at) => html`<path class="axis" d="M${x(at * 1000)} ${top}v4"/>
<text class="tick middle" x="${x(at * 1000)}" y="${top + 18}">${at} s</text>`,
)}`
}
