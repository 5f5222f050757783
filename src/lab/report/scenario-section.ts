import type { ScenarioResult } from '../result.ts'
import { html, type Html } from './html.ts'
import { latencyTable, lossTable } from './outcome-tables.ts'
import { variantSection } from './variant-section.ts'

/** One failure mode: what it is, who lost what, and each variant in detail. */
export function scenarioSection(result: ScenarioResult, folded: boolean): Html {
  const { scenario, passed, checks, variants } = result
  const id = `scenario-${scenario.name}`
  return html`<section class="scenario" aria-labelledby="${id}">
<h2 id="${id}">${scenario.title} ${verdictTag(passed)}</h2>
<p class="about">${scenario.about}</p>
<div class="scroll" tabindex="0" role="region" aria-label="Losses: ${scenario.title}">${lossTable(result)}</div>
<details class="checks"><summary>${checks.filter((check) => check.passed).length} of ${checks.length} checks passed</summary>
<ul>${checks.map((check) => html`<li class="${check.passed ? 'good' : 'bad'}"><b>${check.passed ? 'passed' : 'failed'}</b> ${check.sentence}</li>`)}</ul></details>
<h3>Latency of what was answered</h3>
<div class="scroll" tabindex="0" role="region" aria-label="Latency: ${scenario.title}">${latencyTable(result)}</div>
${variants.map((variant, index) => variantSection(variant, `${id}-${index}`, folded))}
</section>`
}

export function verdictTag(passed: boolean): Html {
  return passed ? html`<span class="tag good">passed</span>` : html`<span class="tag bad">failed</span>`
}
