import type { VariantResult } from '../result.ts'
import { budgetBar } from './budget-bar.ts'
import { drains } from './drains.ts'
import { formatCount, formatMoment } from './figures.ts'
import { html, type Html } from './html.ts'
import { lossGroups } from './loss-kinds.ts'
import { legendMark, lossMarks, mark, moments } from './marks.ts'
import { groupsOf } from './outcome-tables.ts'
import { propagationChart, propagationTable } from './propagation-chart.ts'
import { timeline } from './timeline.ts'

/**
 * One way to run the service: its charts, each with its figures behind it, and what to do about it. Folded where there
 * is much to read.
 */
export function variantSection(result: VariantResult, id: string, folded: boolean): Html {
  const { variant, total, propagation, contract, recommendations } = result
  const aligned = drains(result, `How the pods of ${variant.title} ended, each from its deletion on`)
  return html`<section class="variant" aria-labelledby="${id}">
<h3 id="${id}">${variant.title} <span class="tag ${total.lost > 0 ? 'bad' : 'good'}">${formatCount(total.lost)} lost</span></h3>
${setting(result)}
<details ${folded ? '' : 'open'}><summary>Timeline, drains, propagation</summary>
<figure><figcaption>Every request and every pod, over time</figcaption>
<div class="scroll" tabindex="0" role="region" aria-label="Timeline of ${variant.title}, scrolls sideways">${timeline(result, `Requests and pods of ${variant.title} over ${result.seconds.toFixed(0)} seconds`)}</div>
${legend(result)}</figure>
${
  aligned === null
    ? null
    : html`<figure><figcaption>From deletion to exit</figcaption>
<div class="scroll" tabindex="0" role="region" aria-label="Drains of ${variant.title}, scrolls sideways">${aligned}</div>
<details><summary>The same as figures</summary><div class="scroll" tabindex="0" role="region" aria-label="Pods of ${variant.title}">${podTable(result)}</div></details></figure>`
}
${
  propagation.length === 0
    ? null
    : html`<figure><figcaption>Endpoint propagation P: how long a deleted pod still got new connections</figcaption>
<div class="scroll" tabindex="0" role="region" aria-label="Propagation of ${variant.title}, scrolls sideways">${propagationChart(propagation, `P of each node, from the median to the longest`)}</div>
<p class="legend"><span>${legendMark(html`<circle class="median" r="4.5"/>`)}median</span><span>${legendMark(html`<path class="range" d="M-7 0h12M5-5v10"/>`)}longest</span>
${propagation.some(({ setMs }) => setMs !== null) ? html`<span>${legendMark(html`<rect class="set" x="-5" y="-7" width="10" height="14" rx="2"/>`)}when the proxy itself let go</span>` : null}
${propagation.some(({ operatorBoundMs }) => operatorBoundMs !== null) ? html`<span>${legendMark(html`<path class="rule rule-bound" d="M0-8v16"/>`)}the operator's upper bound</span>` : null}</p>
<details><summary>The same as figures</summary><div class="scroll" tabindex="0" role="region" aria-label="Propagation figures of ${variant.title}">${propagationTable(propagation)}</div></details></figure>`
}
${contract === null ? null : html`<figure><figcaption>The contract: G &ge; P + D + W + S</figcaption>${budgetBar(contract, `The contract of ${variant.title}, scrolls sideways`)}</figure>`}
${
  recommendations.length === 0
    ? null
    : html`<div class="advice"><h4>What to do</h4><ul>${recommendations.map((text) => html`<li>${text}</li>`)}</ul></div>`
}
</details></section>`
}

const SERVERS: Readonly<Record<VariantResult['variant']['server'], string>> = {
  'exit-at-once': 'knows no signal: SIGTERM ends it at once',
  'close-at-once': 'stops listening at SIGTERM, waits for its connections, exits',
  drained: 'runs drain-server',
}

function setting({ variant, maxSendDelayMs, learning }: VariantResult): Html {
  const facts = [
    `the server ${SERVERS[variant.server]}`,
    variant.preStopSleepSeconds === undefined ? null : `preStop sleep ${variant.preStopSleepSeconds} s`,
    variant.terminationGracePeriodSeconds === undefined ? null : `grace ${variant.terminationGracePeriodSeconds} s`,
    variant.policy === undefined ? 'no policy' : 'a DrainPolicy',
    learning === null
      ? null
      : `before that, ${learning.disruptions} disruptions to measure: ${formatCount(learning.counts.lost)} of ${formatCount(learning.counts.requests)} lost`,
    `load sent at most ${maxSendDelayMs.toFixed(0)} ms late`,
  ].filter((fact) => fact !== null)
  return html`<p class="setting">${facts.join(' · ')}</p>`
}

function legend({ total, pods }: VariantResult): Html {
  const groups = groupsOf(total)
  const seen = moments.filter(({ key }) => pods.some((pod) => pod[key] !== null))
  const killed = pods.some(({ exitCode }) => exitCode === 137)
  return html`<p class="legend"><span>${legendMark(html`<path class="dot" d="M0 0h0"/>`)}answered</span>
${groups.map((group) => html`<span>${legendMark(lossMarks(group, [[0, 0]]))}lost: ${lossGroups.find((each) => each.group === group)?.label ?? group}</span>`)}
<span>${legendMark(html`<rect class="band" x="-7" y="-7" width="14" height="14"/>`)}rollout under way</span></p>
<p class="legend">${seen.map(({ mark: kind, name }) => html`<span>${legendMark(mark(kind, 0, 0))}${name}</span>`)}${killed ? html`<span>${legendMark(mark('killed', 0, 0))}killed at grace</span>` : null}</p>`
}

function podTable({ pods }: VariantResult): Html {
  return html`<table><thead><tr><th scope="col">pod</th><th scope="col">node</th><th scope="col" class="n">ready</th>${moments.map(({ name }) => html`<th scope="col" class="n">${name}</th>`)}<th scope="col" class="n">exit code</th><th scope="col">ending</th></tr></thead>
<tbody>${pods.map(
    (
      pod,
    ) => html`<tr><th scope="row">${pod.name}</th><td>${pod.node}</td><td class="n">${formatMoment(pod.readyMs)}</td>
${moments.map(({ key }) => html`<td class="n">${key === 'deletedMs' || pod.deletedMs === null ? formatMoment(pod[key]) : pod[key] === null ? '–' : `+${formatMoment(pod[key] - pod.deletedMs)}`}</td>`)}
<td class="n">${pod.exitCode ?? '–'}</td><td>${pod.ending ?? '–'}</td></tr>`,
  )}</tbody></table>`
}
