import type { AppliedContract } from '../result.ts'
import { readFormula } from './formula.ts'
import { html, type Html } from './html.ts'
import { linearScale } from './scale.ts'

const WIDTH = 960
const LEFT = 14
const RIGHT = 14

/** The contract as a bar: P, D, W and S side by side, and G above which nothing may reach; with the sentence itself. */
export function budgetBar(contract: AppliedContract, label: string): Html {
  const formula = readFormula(contract.because)
  return html`${formula === null ? null : html`<div class="scroll" tabindex="0" role="region" aria-label="${label}">${bar(formula)}</div>`}<p class="because">${contract.because}</p>`
}

function bar(formula: NonNullable<ReturnType<typeof readFormula>>): Html {
  const parts = [
    { symbol: 'P', name: 'propagation', seconds: formula.propagation },
    { symbol: 'D', name: 'drain delay', seconds: formula.drainDelay },
    { symbol: 'W', name: 'longest request', seconds: formula.requestTime },
    { symbol: 'S', name: 'safety margin', seconds: formula.safetyMargin },
  ]
  const sum = parts.reduce((total, { seconds }) => total + seconds, 0)
  const x = linearScale(0, Math.max(sum, formula.grace), LEFT, WIDTH - RIGHT)
  const label = `${parts.map(({ symbol, seconds }) => `${symbol} ${seconds} s`).join(' + ')} = ${sum.toFixed(2)} s; grace period G ${formula.grace} s`
  let from = 0
  return html`<svg class="chart budget" viewBox="0 0 ${WIDTH} 84" role="img" aria-label="${label}">
<rect class="grace" x="${x(0)}" y="24" width="${x(formula.grace) - x(0)}" height="30" rx="3"/>
${parts.map(({ symbol, name, seconds }) => {
  const left = x(from)
  const width = Math.max(1, x(from + seconds) - left)
  from += seconds
  const text =
    width > 150 ? `${symbol} ${seconds} s ${name}` : width > 62 ? `${symbol} ${seconds} s` : width > 16 ? symbol : ''
  return html`<rect class="part part-${symbol}" x="${left}" y="24" width="${width}" height="30"/>
<text class="part-text" x="${left + 7}" y="44">${text}</text>`
})}
<path class="rule rule-delay" d="M${x(formula.grace) - 0.5} 18V60"/>
<text class="caption end" x="${x(formula.grace) - 4}" y="13">G ${formula.grace} s, a cap: a drained pod exits at once</text>
<text class="caption" x="${LEFT}" y="76">${label.split(';')[0] ?? ''}</text>
</svg>`
}
