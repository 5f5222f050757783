import type { MeasuredPropagation } from '../result.ts'
import { formatMs } from './figures.ts'
import { html, type Html } from './html.ts'
import { linearScale, ticks } from './scale.ts'

const WIDTH = 960
const LEFT = 150
const RIGHT = 60
const ROW = 30
const TOP = 10

/** Measured P of each node: from the median to the longest, beside what its proxy says itself and the operator's bound. */
export function propagationChart(rows: readonly MeasuredPropagation[], label: string): Html {
  const most = Math.max(
    10,
    ...rows.flatMap(({ maxMs, setMs, operatorBoundMs }) => [maxMs, setMs?.maxMs ?? 0, operatorBoundMs ?? 0]),
  )
  const bottom = TOP + rows.length * ROW
  const x = linearScale(0, most, LEFT, WIDTH - RIGHT)
  return html`<svg class="chart" viewBox="0 0 ${WIDTH} ${bottom + 30}" role="img" aria-label="${label}">
${ticks(most, 6).map(
  (at) => html`<path class="grid" d="M${x(at)} ${TOP}V${bottom}"/>
<text class="tick middle" x="${x(at)}" y="${bottom + 18}">${formatTick(at)}</text>`,
)}
${rows.map((row, index) => {
  const middle = TOP + index * ROW + ROW / 2
  return html`<text class="tick end" x="${LEFT - 10}" y="${middle + 4}">${row.node}</text>
${row.setMs === null ? null : html`<rect class="set" x="${x(row.setMs.p50Ms) - 2}" y="${middle - 9}" width="${Math.max(4, x(row.setMs.maxMs) - x(row.setMs.p50Ms) + 4)}" height="18" rx="2"/>`}
${
  row.samples === 0
    ? null
    : html`<path class="range" d="M${x(row.p50Ms)} ${middle}H${x(row.maxMs)}"/>
<circle class="median" cx="${x(row.p50Ms)}" cy="${middle}" r="4.5"/>
<path class="range" d="M${x(row.maxMs)} ${middle - 5}v10"/>`
}
${row.operatorBoundMs === null ? null : html`<path class="rule rule-bound" d="M${x(row.operatorBoundMs)} ${middle - 12}v24"/>`}`
})}
</svg>`
}

const formatTick = (ms: number): string => (ms === 0 ? '0' : ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`)

/** The same as figures. */
export function propagationTable(rows: readonly MeasuredPropagation[]): Html {
  return html`<table><thead><tr><th scope="col">service</th><th scope="col">node</th><th scope="col" class="n">drains seen</th><th scope="col" class="n">P, median</th><th scope="col" class="n">P, longest</th><th scope="col" class="n">proxy let go, median</th><th scope="col" class="n">proxy let go, longest</th><th scope="col" class="n">operator's bound</th></tr></thead>
<tbody>${rows.map(
    (row) => html`<tr><th scope="row">${row.service}</th><td>${row.node}</td><td class="n">${row.samples}</td>
<td class="n">${row.samples === 0 ? '–' : formatMs(row.p50Ms)}</td><td class="n">${row.samples === 0 ? '–' : formatMs(row.maxMs)}</td>
<td class="n">${formatMs(row.setMs?.p50Ms ?? null)}</td><td class="n">${formatMs(row.setMs?.maxMs ?? null)}</td>
<td class="n">${formatMs(row.operatorBoundMs)}</td></tr>`,
  )}</tbody></table>`
}
