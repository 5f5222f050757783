import type { Rehearsal, ScenarioResult, VariantResult } from '../result.ts'
import { formatCount } from './figures.ts'
import { html, type Html } from './html.ts'
import { verdictTag } from './scenario-section.ts'

/** First of all: whether the objective was met, and by how much. */
export function verdictSection(rehearsal: Rehearsal): Html {
  const { passed, sentence, scenarios } = rehearsal
  const [only] = scenarios
  return html`<section class="verdict ${passed ? 'passed' : 'missed'}" aria-labelledby="verdict">
<h1 id="verdict"><span class="mark-text" aria-hidden="true">${passed ? '✓' : '✗'}</span> ${passed ? 'Objective met' : 'Objective missed'}</h1>
<p class="sentence">${sentence}</p>
${rehearsal.interrupted ? html`<p class="bad">It was interrupted: only what was over by then is here.</p>` : null}
${rehearsal.leftBehind.map((left) => html`<p class="bad">Left behind in the cluster: ${left}</p>`)}
${scenarios.length === 1 && only !== undefined ? bigFigures(only) : scenarioTable(scenarios)}
</section>`
}

/** Variant by variant, how many were lost: the picture that stays. */
function bigFigures({ variants }: ScenarioResult): Html {
  return html`<ul class="big">${variants.map(
    ({ variant, total }) => html`<li><b class="${total.lost > 0 ? 'bad' : 'good'}">${formatCount(total.lost)}</b>
<span>lost of ${formatCount(total.requests)}</span><span class="who">${variant.title}</span></li>`,
  )}</ul>`
}

function scenarioTable(scenarios: readonly ScenarioResult[]): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="All scenarios"><table class="figures"><thead><tr><th scope="col">failure mode</th><th scope="col" class="n">lost before</th><th scope="col" class="n">lost with drainkeeper</th><th scope="col">verdict</th></tr></thead>
<tbody>${scenarios.map((result) => {
    const { before, after } = beforeAndAfter(result)
    return html`<tr><th scope="row"><a href="#scenario-${result.scenario.name}">${result.scenario.title}</a></th>
<td class="n ${(before?.total.lost ?? 0) > 0 ? 'bad' : ''}">${lostOf(before)}</td><td class="n ${after === undefined ? '' : after.total.lost > 0 ? 'bad' : 'good'}">${lostOf(after)}</td>
<td>${verdictTag(result.passed)}</td></tr>`
  })}</tbody></table></div>`
}

/**
 * The variant that stands for today's practice, and the one that stands for the cure; undefined where it was not run, or
 * broke off: no other one may take its place.
 */
export function beforeAndAfter({ variants }: ScenarioResult): {
  before: VariantResult | undefined
  after: VariantResult | undefined
} {
  return {
    before: variants.find(({ variant }) => variant.expect === 'losses'),
    after: variants.findLast(({ variant }) => variant.expect === 'none'),
  }
}

export function lostOf(result: VariantResult | undefined): string {
  return result === undefined ? '–' : `${formatCount(result.total.lost)} of ${formatCount(result.total.requests)}`
}
