import type { Rehearsal, ScenarioResult } from '../result.ts'
import { formatCount, formatMs } from './figures.ts'
import { lossesByGroup, lossGroups } from './loss-kinds.ts'
import { beforeAndAfter, lostOf } from './verdict-section.ts'

/** A summary for a pull request: the verdict, one table, and the rest folded. GitHub's and GitLab's Markdown. */
export function renderMarkdown(rehearsal: Rehearsal): string {
  const { passed, sentence, scenarios, cluster, versions, seconds } = rehearsal
  const [only] = scenarios
  const table = scenarios.length === 1 && only !== undefined ? variantTable(only) : scenarioTable(scenarios)
  const where = `${cluster.kind === 'embedded' ? 'embedded cluster' : 'cluster'} of ${cluster.nodes.length} nodes, Kubernetes ${cluster.kubernetesVersion}, ${seconds.toFixed(0)} s`
  const told = Object.entries(versions).map(([name, value]) => `${name} ${value}`)
  return [
    `### ${passed ? '✅ Objective met' : '❌ Objective missed'}: drainkeeper rehearsal`,
    '',
    cell(sentence),
    ...(rehearsal.interrupted ? ['', '**It was interrupted**: only what was over by then is here.'] : []),
    ...rehearsal.leftBehind.flatMap((left) => ['', `**Left behind in the cluster**: ${cell(left)}`]),
    '',
    ...table,
    '',
    ...scenarios.flatMap(details),
    `<sub>${cell([where, ...told].join(' · '))}</sub>`,
    '',
  ].join('\n')
}

function variantTable({ variants }: ScenarioResult): string[] {
  return [
    '| variant | requests | lost | p99 during |',
    '| --- | ---: | ---: | ---: |',
    ...variants.map(
      ({ variant, total, during }) =>
        `| ${cell(variant.title)} | ${formatCount(total.requests)} | **${formatCount(total.lost)}** | ${formatMs(during.latency?.p99Ms ?? null)} |`,
    ),
  ]
}

function scenarioTable(scenarios: readonly ScenarioResult[]): string[] {
  return [
    '| failure mode | lost before | lost with drainkeeper | |',
    '| --- | ---: | ---: | :---: |',
    ...scenarios.map((result) => {
      const { before, after } = beforeAndAfter(result)
      return `| ${cell(result.scenario.title)} | ${lostOf(before)} | **${lostOf(after)}** | ${result.passed ? '✅' : '❌'} |`
    }),
  ]
}

function details({ scenario, checks, variants }: ScenarioResult): string[] {
  return [
    `<details><summary>${cell(scenario.title)}</summary>`,
    '',
    cell(scenario.about),
    '',
    '| variant | lost by kind | p50 / p95 / p99 before | during | after |',
    '| --- | --- | ---: | ---: | ---: |',
    ...variants.map(({ variant, total, before, during, after }) => {
      const losses = lossesByGroup(total)
      const kinds = lossGroups.flatMap(({ group, label }) => {
        const found = losses.get(group)
        return found === undefined ? [] : [`${label} ${formatCount(found.lost)}`]
      })
      const moved = total.moved === 0 ? [] : [`${formatCount(total.moved)} done elsewhere`]
      return `| ${cell(variant.title)} | ${[...kinds, ...moved].join(', ') || 'none'} | ${[before, during, after].map(quantiles).join(' | ')} |`
    }),
    '',
    ...variants.flatMap(({ contract }) =>
      contract === null ? [] : [`Contract in force: ${cell(contract.because)}`, ''],
    ),
    ...checks.map((check) => `- ${check.passed ? '✅' : '❌'} ${cell(check.sentence)}`),
    ...variants.flatMap(({ variant, recommendations }) =>
      recommendations.map((text) => `- 💡 ${cell(variant.title)}: ${cell(text)}`),
    ),
    '',
    '</details>',
    '',
  ]
}

function quantiles({ latency }: { latency: { p50Ms: number; p95Ms: number; p99Ms: number } | null }): string {
  if (latency === null) return '–'
  return [latency.p50Ms, latency.p95Ms, latency.p99Ms].map((ms) => formatMs(ms)).join(' / ')
}

/** Text from outside as Markdown's own text: no markup, no table cell, no mention of anybody. */
function cell(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_{}[\]<>#|~]/g, (character) => `\\${character}`)
    .replaceAll('@', '@\u200b')
}
