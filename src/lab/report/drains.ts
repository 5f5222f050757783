import type { PodTimeline, VariantResult } from '../result.ts'
import { podStory, shortName, wasKilled } from './figures.ts'
import { html, type Html } from './html.ts'
import { mark, type Mark, moments } from './marks.ts'
import { linearScale, type Scale, ticks } from './scale.ts'

const WIDTH = 960
const LEFT = 104
const RIGHT = 14
const TOP = 26
const LANE = 17
const AXIS = 36
/** More lanes than this tell nothing new; the table below has them all. */
const MOST_LANES = 16

/** Each deleted pod from its deletion on: how much of the drain delay routing really used. Null when none was deleted. */
export function drains({ pods, contract, propagation }: VariantResult, label: string): Html | null {
  const deleted = pods.filter((pod) => pod.deletedMs !== null)
  if (deleted.length === 0) return null
  const lanes = spread(deleted, MOST_LANES)
  const bottom = TOP + lanes.length * LANE
  const lastMs = Math.max(1000, ...lanes.map((pod) => lastMoment(pod) - (pod.deletedMs ?? 0)))
  const x = linearScale(0, lastMs * 1.02, LEFT, WIDTH - RIGHT)
  const boundMs = propagation.find(({ operatorBoundMs }) => operatorBoundMs !== null)?.operatorBoundMs ?? null
  return html`<svg class="chart" viewBox="0 0 ${WIDTH} ${bottom + AXIS}" role="group" aria-label="${label}">
${ticks(lastMs / 1000, 8).map(
  (at) => html`<path class="grid" d="M${x(at * 1000)} ${TOP - 6}V${bottom}"/>
<text class="tick middle" x="${x(at * 1000)}" y="${bottom + 18}">+${at} s</text>`,
)}
${boundMs === null || boundMs > lastMs ? null : rule(x, boundMs, bottom, 'bound', 'P, upper bound')}
${contract === null || contract.drainDelaySeconds * 1000 > lastMs ? null : rule(x, contract.drainDelaySeconds * 1000, bottom, 'delay', `D ${contract.drainDelaySeconds} s`)}
${lanes.map((pod, index) => lane(pod, x, TOP + index * LANE))}
</svg>`
}

/** At most so many, evenly over all, the first and the last among them. */
function spread<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items]
  return Array.from({ length: most }, (_, index) => items[Math.round((index * (items.length - 1)) / (most - 1))] as T)
}

function lastMoment(pod: PodTimeline): number {
  return Math.max(...moments.map(({ key }) => pod[key] ?? 0))
}

function rule(x: Scale, atMs: number, bottom: number, kind: string, text: string): Html {
  const nearEnd = x(atMs) > WIDTH - 160
  return html`<path class="rule rule-${kind}" d="M${x(atMs)} ${TOP - 6}V${bottom}"/>
<text class="caption rule-${kind} ${nearEnd ? 'end' : ''}" x="${x(atMs) + (nearEnd ? -5 : 5)}" y="${kind === 'bound' ? 11 : 20}">${text}</text>`
}

function lane(pod: PodTimeline, x: Scale, top: number): Html {
  const deletedMs = pod.deletedMs ?? 0
  const middle = top + LANE / 2
  const at = (ms: number): number => x(Math.max(0, ms - deletedMs))
  const endMs = pod.exitedMs ?? lastMoment(pod)
  const closedMs = pod.listenerClosedMs ?? endMs
  const bar = (from: number, to: number, state: string): Html =>
    html`<rect class="lane lane-${state}" x="${at(from)}" y="${middle - 4}" width="${Math.max(0.5, Math.round((at(to) - at(from)) * 10) / 10)}" height="8" rx="1.5"/>`
  const shown = moments.slice(1).flatMap(({ key, mark: kind }) => {
    const moment = pod[key]
    if (moment === null) return []
    const form: Mark = kind === 'exit' && wasKilled(pod) ? 'killed' : kind
    return [mark(form, at(moment), middle)]
  })
  return html`<g class="pod" tabindex="0" role="img" aria-label="${podStory(pod)}">
<rect class="hit" x="0" y="${top}" width="${WIDTH}" height="${LANE}"/>
<text class="tick end" x="${LEFT - 8}" y="${middle + 4}">${shortName(pod.name)}</text>
${bar(deletedMs, closedMs, 'draining')}${closedMs < endMs ? bar(closedMs, endMs, 'finishing') : null}
${shown}</g>`
}
