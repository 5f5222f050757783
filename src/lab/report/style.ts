/** The page's look: one column, system fonts, tabular figures; light and dark from one set of names; paper too. */
export const style = `
:root { color-scheme: light dark;
  --paper: light-dark(#fcfcfa, #15181b); --panel: light-dark(#ffffff, #1c2024); --ink: light-dark(#1b1f23, #e9ebed);
  --soft: light-dark(#545d68, #a7b0ba); --line: light-dark(#dfe2e6, #333a41); --faint: light-dark(#eef0f2, #24292e);
  --good: light-dark(#0b6b3d, #57c78f); --bad: light-dark(#b42318, #ff8379); --blue: light-dark(#1d5bbf, #82b1ff);
  --amber: light-dark(#8f4a00, #f2b25c); --violet: light-dark(#6b3fb5, #bfa2ff); --band: light-dark(#1d5bbf12, #82b1ff1c);
  --serving: light-dark(#9fb0a6, #55675e); --draining: light-dark(#7ea9ea, #3f6db3); --finishing: light-dark(#c9daf6, #2b4468); }
:root[data-theme=light] { color-scheme: light } :root[data-theme=dark] { color-scheme: dark }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100% }
header, main, footer { max-width: 62rem; margin: 0 auto; padding: 0 1.25rem }
header { display: flex; justify-content: space-between; align-items: center; padding-top: 1rem }
.brand { font-weight: 650; margin: 0 } .brand span { font-weight: 400; color: var(--soft); margin-left: .5rem }
button { font: inherit; font-size: .875rem; color: var(--ink); background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: .3rem .7rem; cursor: pointer }
a { color: var(--blue) } .skip { position: absolute; left: -100rem } .skip:focus { left: 1rem; top: .5rem; background: var(--panel); padding: .5rem; z-index: 2 }
:focus-visible { outline: 2px solid var(--blue); outline-offset: 2px; border-radius: 3px }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .5rem; letter-spacing: -.01em }
h2 { font-size: 1.45rem; line-height: 1.3; margin: 0 0 .5rem; letter-spacing: -.005em }
h3 { font-size: 1.1rem; margin: 2rem 0 .4rem } h4 { font-size: 1rem; margin: 0 }
.verdict { border-left: 6px solid var(--good); padding: .5rem 0 .5rem 1.25rem; margin: 1.5rem 0 2.5rem }
.verdict.missed { border-color: var(--bad) } .verdict.passed .mark-text { color: var(--good) } .verdict.missed .mark-text { color: var(--bad) }
.sentence { font-size: 1.1rem; max-width: 46rem; margin: 0 0 1rem }
.big { list-style: none; display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; padding: 0; margin: 1.25rem 0 0 }
.big li { display: grid } .big b { font-size: 2.6rem; line-height: 1.1; font-weight: 650 } .big span { color: var(--soft); font-size: .9rem } .big .who { color: var(--ink); font-weight: 550 }
.scenario, .method { border-top: 1px solid var(--line); padding: 2rem 0 1rem; margin-top: 2rem }
.about { max-width: 46rem; margin: 0 0 1rem } .setting { color: var(--soft); font-size: .9rem; margin: 0 0 .75rem }
.good { color: var(--good) } .bad { color: var(--bad) } .none { color: var(--soft) }
.tag { font-size: .8rem; font-weight: 600; border: 1px solid currentColor; border-radius: 99px; padding: .05rem .6rem; vertical-align: .2em; letter-spacing: 0; white-space: nowrap }
table { border-collapse: collapse; font-size: .9rem; margin: .5rem 0; min-width: 100% }
th, td { text-align: left; padding: .4rem .9rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; white-space: nowrap }
thead th { color: var(--soft); font-weight: 500; font-size: .82rem } tbody th { font-weight: 550 } th.phase { font-weight: 400; color: var(--soft) }
.n { text-align: right } td:last-child, th:last-child { padding-right: 0 } td.bad, td.good { font-weight: 600 }
.scroll { overflow-x: auto } figure { margin: 1.25rem 0 } figcaption { font-weight: 550; margin-bottom: .35rem }
details { margin: .5rem 0; font-size: .92rem } summary { cursor: pointer; color: var(--soft) } .checks ul { padding-left: 1.1rem; margin: .4rem 0 } .checks li { margin: .15rem 0; color: var(--ink) } .checks b { color: var(--good) } .checks .bad b { color: var(--bad) }
.chart { display: block; width: 100%; min-width: 46rem; height: auto; background: var(--panel); border: 1px solid var(--line); border-radius: 8px }
.chart.budget { min-width: 34rem }
.chart text { font: 11.5px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: var(--ink) } .chart .tick, .chart .caption { fill: var(--soft) }
.end { text-anchor: end } .middle { text-anchor: middle }
.grid { stroke: var(--faint); fill: none } .axis { stroke: var(--line); fill: none } .band { fill: var(--band) }
.dot { stroke: var(--soft); stroke-width: 2.2; stroke-linecap: round; stroke-opacity: .45; fill: none }
.loss { fill: none; stroke: var(--bad); stroke-width: 1.5 } .loss-timeout, .loss-rpc { stroke: var(--violet) } .loss-refused { stroke: var(--amber) } .loss-status { fill: var(--bad); fill-opacity: .35 } .loss-other { stroke: var(--ink) }
.lane-serving { fill: var(--serving) } .lane-draining { fill: var(--draining) } .lane-finishing { fill: var(--finishing) }
.hit { fill: transparent } .pod:hover .hit, .pod:focus .hit { fill: var(--faint) } .pod:focus { outline: none } .pod:focus-visible .hit { stroke: var(--blue); stroke-width: 1.5 }
.mark { stroke: var(--panel); stroke-width: .9 } .mark-deleted { fill: var(--ink) } .mark-slice { fill: var(--violet) } .mark-drain { fill: var(--blue) } .mark-late { fill: var(--amber) } .mark-closed { fill: var(--good) } .mark-exit { fill: var(--ink) } .mark-killed { fill: none; stroke: var(--bad); stroke-width: 2.2 }
.rule { fill: none; stroke-width: 1.5; stroke-dasharray: 5 3 } path.rule-bound { stroke: var(--amber) } path.rule-delay { stroke: var(--blue) } .chart text.rule-bound { fill: var(--amber) } .chart text.rule-delay { fill: var(--blue) }
.set { fill: var(--band); stroke: var(--blue); stroke-opacity: .5 } .range { stroke: var(--ink); stroke-width: 1.5; fill: none } .median { fill: var(--ink) }
.grace { fill: var(--faint) } .part-P { fill: var(--amber) } .part-D { fill: var(--blue) } .part-W { fill: var(--violet) } .part-S { fill: var(--soft) } .chart .part-text { fill: var(--panel); font-weight: 600 }
.legend { display: flex; flex-wrap: wrap; gap: .15rem 1.1rem; font-size: .85rem; color: var(--soft); margin: .5rem 0 0 } .legend span { display: inline-flex; align-items: center; gap: .35rem } .key { flex: none }
.because { font-size: .9rem; max-width: 52rem } .advice { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: .8rem 1.1rem; max-width: 52rem } .advice ul { margin: .3rem 0 0; padding-left: 1.1rem } .advice li { margin: .2rem 0 }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.25rem; font-size: .9rem } dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere }
code { font: .9em ui-monospace, SFMono-Regular, Menlo, monospace; overflow-wrap: anywhere } footer { color: var(--soft); font-size: .85rem; padding-bottom: 3rem }
#tip { position: absolute; z-index: 3; max-width: min(24rem, calc(100vw - 1rem)); background: var(--ink); color: var(--paper); font-size: .82rem; line-height: 1.4; padding: .5rem .7rem; border-radius: 6px; pointer-events: none }
@media (max-width: 40rem) { h1 { font-size: 1.6rem } h2 { font-size: 1.25rem } .brand span { display: block; margin: 0; font-size: .85rem } .big { gap: 1rem 1.75rem } .big b { font-size: 2.1rem } .verdict { padding-left: .9rem } }
@media print { :root { color-scheme: light } body { font-size: 10.5pt; background: none } button, .skip, #tip, footer { display: none } .scroll { overflow: visible } .chart { min-width: 0; break-inside: avoid } figure, tr { break-inside: avoid } h2, h3, figcaption { break-after: avoid } details:not([open]) > * { display: none } .scenario { break-before: page } header, main { max-width: none; padding: 0 } }
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth } }
`
