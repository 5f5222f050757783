import type { Counts, ScenarioResult, VariantResult } from '../result.ts'
import { formatCount, formatMs } from './figures.ts'
import { html, type Html } from './html.ts'
import { type LossGroup, lossesByGroup, lossGroups } from './loss-kinds.ts'

/** Who lost what: a row for each variant, a column for each group of losses that there was. */
export function lossTable({ variants }: ScenarioResult): Html {
  const losses = variants.map(({ total }) => lossesByGroup(total))
  const shown = lossGroups.filter(({ group }) => losses.some((found) => found.has(group)))
  const retrying = variants.some(({ total }) => total.retries > 0)
  const moving = variants.some(({ total }) => total.moved > 0)
  return html`<table class="figures"><thead><tr><th scope="col">variant</th><th scope="col" class="n">requests</th><th scope="col" class="n">lost</th><th scope="col" class="n">share</th>
${shown.map(({ label, means }) => html`<th scope="col" class="n" title="${means}">${label}</th>`)}
${moving ? html`<th scope="col" class="n" title="refused before they were begun, or ended with a goodbye, and done elsewhere: a client that cannot do that loses them">moved</th>` : null}
${retrying ? html`<th scope="col" class="n" title="attempts per request">amplified</th>` : null}</tr></thead>
<tbody>${variants.map(
    (
      { variant, total },
      index,
    ) => html`<tr><th scope="row">${variant.title}</th><td class="n">${formatCount(total.requests)}</td>
<td class="n ${total.lost > 0 ? 'bad' : 'good'}">${formatCount(total.lost)}</td><td class="n">${share(total)}</td>
${shown.map(({ group }) => lossCell(losses[index]?.get(group)))}
${moving ? html`<td class="n">${formatCount(total.moved)}</td>` : null}
${retrying ? html`<td class="n">${amplification(total)}</td>` : null}</tr>`,
  )}</tbody></table>`
}

function lossCell(found: { lost: number; kinds: string[] } | undefined): Html {
  return found === undefined
    ? html`<td class="n none">0</td>`
    : html`<td class="n bad" title="${found.kinds.join(', ')}">${formatCount(found.lost)}</td>`
}

function share({ lost, requests }: Counts): string {
  if (requests === 0) return '–'
  return lost === 0 ? '0 %' : `${((100 * lost) / requests).toPrecision(2)} %`
}

function amplification({ retries, requests }: Counts): string {
  return requests === 0 ? '–' : `${(1 + retries / requests).toFixed(2)} x`
}

const phases = [
  { key: 'before', name: 'before' },
  { key: 'during', name: 'during' },
  { key: 'after', name: 'after' },
] as const satisfies readonly { key: keyof VariantResult; name: string }[]

/** p50, p95 and p99 of the answered requests, before, during and after. */
export function latencyTable({ variants }: ScenarioResult): Html {
  return html`<table class="figures"><thead><tr><th scope="col">variant</th><th scope="col">when</th><th scope="col" class="n">requests</th><th scope="col" class="n">lost</th><th scope="col" class="n">p50</th><th scope="col" class="n">p95</th><th scope="col" class="n">p99</th><th scope="col" class="n">slowest</th></tr></thead>
${variants.map(
  (result) =>
    html`<tbody>${phases.map(({ key, name }, index) => {
      const { requests, lost, latency } = result[key]
      return html`<tr>${index === 0 ? html`<th scope="rowgroup" rowspan="${phases.length}">${result.variant.title}</th>` : null}<th scope="row" class="phase">${name}</th>
<td class="n">${formatCount(requests)}</td><td class="n ${lost > 0 ? 'bad' : ''}">${formatCount(lost)}</td>
<td class="n">${formatMs(latency?.p50Ms ?? null)}</td><td class="n">${formatMs(latency?.p95Ms ?? null)}</td><td class="n">${formatMs(latency?.p99Ms ?? null)}</td><td class="n">${formatMs(latency?.maxMs ?? null)}</td></tr>`
    })}</tbody>`,
)}</table>`
}

/** The kinds behind the groups that a chart shows, for its legend. */
export function groupsOf(counts: Counts): LossGroup[] {
  const found = lossesByGroup(counts)
  return lossGroups.map(({ group }) => group).filter((group) => found.has(group))
}
