/**
 * `npm run lab`: `drainctl rehearse`, with its figures in artifacts/lab.json, and with clusters that e2e can make besides
 * the embedded one.
 */
import { Option } from 'commander'
import { catalogue } from '../src/cli/catalogue.ts'
import { interruption } from '../src/cli/interruption.ts'
import { type OpenSite, runRehearse } from '../src/cli/rehearse.ts'
import { rehearseCommand, type RehearseOptions } from '../src/cli/rehearse-command.ts'
import { runProgram } from '../src/cli/run-program.ts'
import { UsageError } from '../src/cli/usage-error.ts'
import type { Rehearsal } from '../src/lab/result.ts'
import { openKubeconfigSite, type Program, programs } from '../src/lab/stage/index.ts'
import { ownVersions, writeArtifact } from './artifact.ts'
import { type ProviderName, selectProvider } from './cluster/select.ts'
import type { Check } from './check.ts'
import { programImage } from './images.ts'

interface Options extends RehearseOptions {
  readonly provider?: Exclude<ProviderName, 'kubeconfig'>
}

/** What is promised of the default scenarios on the embedded cluster: first command to finished report, and memory. */
const promised = { seconds: 90, peakMemoryBytes: 1024 ** 3 }

/** Empty where nothing is promised: for other scenarios, and on clusters that take their time to start. */
function promisesOf({ peakMemoryBytes, cluster }: Rehearsal, { scenario }: RehearseOptions): Check[] {
  // The report is written, and nothing is left: what the rehearsal says of itself ends before that.
  const seconds = process.uptime()
  if (cluster.kind !== 'embedded' || scenario.length > 0) return []
  const mebibytes = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MiB`
  return [
    {
      name: `from the command to the end in under ${promised.seconds} s`,
      passed: seconds < promised.seconds,
      detail: `${seconds.toFixed(1)} s`,
    },
    {
      name: `peak memory of all processes under ${mebibytes(promised.peakMemoryBytes)}`,
      passed: peakMemoryBytes !== null && peakMemoryBytes < promised.peakMemoryBytes,
      detail: peakMemoryBytes === null ? 'unknown' : mebibytes(peakMemoryBytes),
    },
  ]
}

/** A cluster that is made for this run, with images from this checkout. */
const made =
  (name: Exclude<ProviderName, 'kubeconfig'>): OpenSite =>
  async ({ signal, progress }) => {
    const provider = await selectProvider({ provider: name })
    const cluster = await provider.up({ signal, progress })
    try {
      progress('building the images')
      const images = {} as Record<Program, string>
      for (const program of programs) images[program] = await cluster.loadImage(await programImage(program))
      const { kubeconfigPath } = cluster
      return await openKubeconfigSite({ kubeconfigPath, images, signal, down: () => cluster.down() })
    } catch (error) {
      await cluster.down()
      throw error
    }
  }

function record(rehearsal: Rehearsal, checks: readonly Check[], command: string): string {
  const { seconds, peakMemoryBytes, sentence, cluster } = rehearsal
  const scenarios = rehearsal.scenarios.map(({ scenario, passed, checks, variants }) => ({
    name: scenario.name,
    title: scenario.title,
    passed,
    checks,
    variants: variants.map(({ variant, pods: _pods, requests: _requests, perSecond: _perSecond, ...figures }) => ({
      name: variant.name,
      title: variant.title,
      expect: variant.expect,
      ...figures,
    })),
  }))
  const figures = { sentence, checks, seconds, peakMemoryBytes, scenarios }
  const where = { kubernetes: cluster.kubernetesVersion, cluster: cluster.kind }
  const pass = rehearsal.passed && checks.every(({ passed }) => passed)
  return writeArtifact({ name: 'lab', pass, figures, commands: [command] }, where)
}

await runProgram(
  rehearseCommand('lab')
    .addOption(
      new Option('--provider <name>', 'make a real cluster for this run')
        .choices(['local', 'kind'])
        .conflicts(['kubeconfig', 'embedded']),
    )
    .action(async ({ provider, ...options }: Options) => {
      const { stdout, stderr, env: environment } = process
      if (provider !== undefined && Object.keys(options.image).length > 0) {
        throw new UsageError(
          `--image is for a cluster of yours: that of --provider ${provider} gets its images from here`,
        )
      }
      const surroundings = {
        stdout,
        stderr,
        environment,
        signal: interruption(),
        versions: ownVersions(),
        catalogue,
      }
      const open = provider === undefined ? undefined : made(provider)
      const { exitCode, rehearsal } = await runRehearse(options, surroundings, open)
      process.exitCode = exitCode
      if (rehearsal === null) return
      const checks = promisesOf(rehearsal, options)
      if (exitCode === 0 && checks.some(({ passed }) => !passed)) process.exitCode = 1
      const path = record(
        rehearsal,
        checks,
        ['npm run lab', ...(process.argv.length > 2 ? ['--'] : []), ...process.argv.slice(2)].join(' '),
      )
      const stream = options.json ? stderr : stdout
      for (const { name, passed, detail } of checks)
        stream.write(`${passed ? 'ok    ' : 'FAILED'}  ${name}: ${detail}\n`)
      stream.write(`Figures: ${path}\n`)
    }),
)
