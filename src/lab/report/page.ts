import { createHash } from 'node:crypto'
import type { Rehearsal } from '../result.ts'
import { html, Html } from './html.ts'
import { methodSection } from './method-section.ts'
import { scenarioSection } from './scenario-section.ts'
import { script } from './script.ts'
import { style } from './style.ts'
import { verdictSection } from './verdict-section.ts'

/**
 * One file with everything in it. Its content security policy allows its own style and script by their hashes, and no
 * request to anywhere.
 */
export function renderHtml(rehearsal: Rehearsal): string {
  const policy = `default-src 'none'; style-src '${hashOf(style)}'; script-src '${hashOf(script)}'; base-uri 'none'; form-action 'none'`
  const { scenarios } = rehearsal
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${rehearsal.passed ? 'Objective met' : 'Objective missed'}: drainkeeper rehearsal</title>
<style>${new Html(style)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the verdict</a>
<header><p class="brand">drainkeeper <span>rehearsal of ${rehearsal.startedAt.slice(0, 16).replace('T', ' ')} UTC</span></p>
<button type="button" id="theme">Change theme</button></header>
<main id="main">
${verdictSection(rehearsal)}
${scenarios.map((result) => scenarioSection(result, scenarios.length > 1))}
${methodSection(rehearsal)}
</main>
<footer><p>Figures as data: <code>JSON.parse(document.getElementById('rehearsal').textContent)</code></p></footer>
<div id="tip" role="status" hidden></div>
<script type="application/json" id="rehearsal">${embedded(rehearsal)}</script>
<script>${new Html(script)}</script>
</body>
</html>
`
  return page.text
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

/** The figures without the dots of answered requests, which rehearsal.json has. `<` must not end the element. */
function embedded(rehearsal: Rehearsal): Html {
  const scenarios = rehearsal.scenarios.map((result) => ({
    ...result,
    variants: result.variants.map((variant) => ({
      ...variant,
      requests: variant.requests.filter(([, , kind]) => kind !== null),
    })),
  }))
  return new Html(JSON.stringify({ ...rehearsal, scenarios }).replaceAll('<', '\\u003c'))
}
