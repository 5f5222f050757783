/** `npm run conformance:api`: the same questions to a real cluster and to the embedded one, and what they answer. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { writeArtifact } from './artifact.ts'
import { ClusterError } from './cluster/cluster-error.ts'
import { LocalProvider } from './cluster/local/index.ts'
import { type ClusterOptions, clusterOf, withClusterOptions } from './cluster-options.ts'
import type { Case } from './conformance-api/case.ts'
import { cases } from './conformance-api/cases/index.ts'
import { embeddedTarget } from './conformance-api/embedded-target.ts'
import { Golden, writeGolden } from './conformance-api/golden.ts'
import { type Judgement, judge } from './conformance-api/judge.ts'
import { realTarget } from './conformance-api/real-target.ts'
import { type Observation, observe } from './conformance-api/run.ts'
import { renderFailure, renderTable } from './conformance-api/table.ts'
import { type Ground, grounds, type Target } from './conformance-api/target.ts'
import { interruption } from '../src/cli/interruption.ts'

interface Options extends ClusterOptions {
  on: 'embedded' | 'real' | 'both'
  filter: string
  json: boolean
  parallel: number
  updateGolden: boolean
  verbose: boolean
}

const command = withClusterOptions(
  new Command('conformance:api')
    .description('Asks a real cluster and the embedded one the same, and compares what they answer.')
    .addOption(
      new Option('--on <cluster>', 'which to ask; each is compared with the recorded answers of a real one')
        .choices(['embedded', 'real', 'both'])
        .default('embedded'),
    )
    .option('--filter <text>', 'only cases whose area or name contains this', '')
    .addOption(
      new Option('--parallel <number>', 'cases at a time').default(6).argParser((text) => {
        const number = Number(text)
        if (!Number.isInteger(number) || number < 1 || number > 32) throw new InvalidArgumentError('from 1 to 32')
        return number
      }),
    )
    .option('--update-golden', 'record what the real cluster answers', false)
    .option('--verbose', 'print every difference of a case', false)
    .option('--json', 'print the result as JSON', false),
)

const signal = interruption()
const startMs = performance.now()

function progress(line: string): void {
  console.error(`${((performance.now() - startMs) / 1000).toFixed(1).padStart(6)} s  ${line}`)
}

/** The real cluster for a ground: an API server alone is only to be had from the local provider. */
async function realGround(ground: Ground, options: Options): Promise<Target> {
  const provider = ground === 'api' ? new LocalProvider(apiServerAlone) : await clusterOf(options)
  return realTarget(await provider.up({ signal, progress }), ground)
}

/** One whole cluster is ground for two kinds of cases. */
const realGrounds: readonly (readonly Ground[])[] = [['api'], ['cluster', 'controllers']]

/** Service accounts are made by a controller, and pods are refused without theirs. */
const apiServerAlone = { apiServerOnly: true, apiServerFlags: ['--disable-admission-plugins=ServiceAccount'] }

async function observed(
  on: Target['name'],
  chosen: readonly Case[],
  options: Options,
): Promise<{ observations: Observation[]; kubernetes: string }> {
  const observations: Observation[] = []
  let kubernetes = ''
  for (const served of on === 'real' ? realGrounds : grounds.map((ground) => [ground])) {
    const concerned = chosen.filter(({ ground }) => served.includes(ground))
    const ground = served[0]
    if (concerned.length === 0 || ground === undefined) continue
    const target = on === 'real' ? await realGround(ground, options) : await embeddedTarget(ground)
    kubernetes = target.kubernetesVersion
    try {
      const done = await observe(concerned, target, options.parallel, signal, ({ area, name, seconds, error }) =>
        progress(`${on}  ${area}: ${name}  ${seconds} s${error === undefined ? '' : `  ${error}`}`),
      )
      observations.push(...done)
    } finally {
      await target.down()
    }
  }
  return { observations, kubernetes }
}

async function main(options: Options): Promise<boolean> {
  const { on, filter, updateGolden } = options
  if (updateGolden && on === 'embedded')
    throw new ClusterError('MissingPieces', 'only a real cluster is recorded: add --on real')
  const wanted = filter.toLowerCase()
  const chosen = cases.filter(({ area, name }) => `${area}: ${name}`.toLowerCase().includes(wanted))
  const judgements: Judgement[] = []
  const seen: { on: Target['name']; observations: Observation[] }[] = []
  for (const name of on === 'both' ? (['real', 'embedded'] as const) : [on]) {
    const { observations, kubernetes } = await observed(name, chosen, options)
    if (name === 'real' && updateGolden) {
      writeGolden(observations, kubernetes, (area) => cases.filter((one) => one.area === area).map((one) => one.name))
    }
    seen.push({ on: name, observations })
  }
  const golden = new Golden()
  for (const { on, observations } of seen) {
    for (const observation of observations) {
      const one = chosen.find(({ area, name }) => area === observation.area && name === observation.name) as Case
      judgements.push(judge(one, observation, on, golden))
    }
  }
  const failed = judgements.filter(({ passed }) => !passed)
  const pass = failed.length === 0 && judgements.length > 0
  const figures = {
    seconds: Math.round((performance.now() - startMs) / 1000),
    recorded: golden.versions,
    cases: chosen.length,
    passed: judgements.length - failed.length,
    failed: failed.length,
    judgements: judgements.map(({ differences, ...rest }) => ({ ...rest, differences: differences.length })),
  }
  const path =
    filter === ''
      ? writeArtifact(
          { name: 'conformance-api', pass, figures, commands: ['npm run conformance:api'] },
          { recorded: golden.versions.join(', ') },
        )
      : undefined
  if (options.json) {
    console.log(JSON.stringify({ pass, figures }))
    return pass
  }
  for (const judgement of failed) console.log(`${renderFailure(judgement, options.verbose).join('\n')}\n`)
  console.log(renderTable(judgements).join('\n'))
  console.log(`\n${figures.seconds} s${path === undefined ? '' : `; ${path}`}`)
  console.log(`${figures.passed} passed, ${figures.failed} failed`)
  return pass
}

try {
  process.exitCode = (await main(command.parse().opts<Options>())) ? 0 : 1
} catch (error) {
  console.error(
    `conformance:api: ${error instanceof Error && !(error instanceof ClusterError) ? error.stack : (error as Error).message}`,
  )
  console.log('0 passed, 1 failed')
  process.exitCode = 2
}
