import { type ClusterLimit, clusterLimits } from '../../src/cluster/limits.ts'
import { type AreaName, areas, type Case } from './case.ts'

const row = (...cells: string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`

/** `docs/reference/embedded-cluster.md`: what the embedded cluster is held to, and where it differs. */
export function embeddedClusterPage(cases: readonly Case[], recorded: readonly string[]): string {
  const of = (area: string): readonly Case[] => cases.filter((one) => one.area === area)
  const limited = cases.filter(({ limit }) => limit !== undefined)
  return [
    '<!-- Generated from src/cluster/limits.ts and e2e/conformance-api by `npm run docs`: edit it there. -->\n',
    '# The embedded cluster\n',
    'A Kubernetes in one Node process, for rehearsals and tests: `npm run lab`, `drainctl cluster`, the simulation.',
    'It is held to what a real one does by one suite of cases. Each case runs in a namespace of its own, on either',
    'cluster, and records everything that it was answered; what differs from cluster to cluster by nature (uids,',
    'versions, times, addresses) is masked, equality between them is not.\n',
    '```',
    'npm run conformance:api                   # the embedded cluster, compared with recorded answers',
    'npm run conformance:api -- --on both      # a real cluster too',
    'npm run conformance:api -- --filter apply # some cases',
    '```\n',
    `The answers of Kubernetes ${recorded.join(', ')} are recorded in \`e2e/conformance-api/golden\`. A difference fails,`,
    'and so does a limit that is none any more.\n',
    `## ${cases.length} cases\n`,
    row('area', 'asks about', 'cases', 'equal', 'limits'),
    row('---', '---', '---:', '---:', '---:'),
    ...Object.entries(areas).map(([area, about]) => {
      const limits = of(area).filter(({ limit }) => limit !== undefined).length
      return row(area, about, String(of(area).length), String(of(area).length - limits), String(limits))
    }),
    row('all', '', String(cases.length), String(cases.length - limited.length), String(limited.length)),
    '\n## Limits\n',
    'What it does not do as a real cluster does.\n',
    row('limit', 'what is different', 'why', 'cases that show it'),
    row('---', '---', '---', '---'),
    ...clusterLimits.map((limit) => row(`\`${limit.id}\``, limit.limit, limit.why, shownBy(limit, limited))),
    '\n## What is asked\n',
    ...(Object.keys(areas) as AreaName[]).flatMap((area) => [
      `### ${area}\n`,
      ...of(area).map(({ name, limit }) => `- ${name}${limit === undefined ? '' : ` (limit: \`${limit}\`)`}`),
      '',
    ]),
  ].join('\n')
}

function shownBy({ id }: ClusterLimit, limited: readonly Case[]): string {
  return limited
    .filter(({ limit }) => limit === id)
    .map(({ area, name }) => `${area}: ${name}`)
    .join('; ')
}
