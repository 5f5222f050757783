/** `npm run verify:peers`: clients and servers of other languages, while a server they use is drained again and again. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { writeArtifact } from '../artifact.ts'
import { interruption } from '../../src/cli/interruption.ts'
import { grpcTrials, httpTrials, pythonTrials } from './peers/behind-balancer.ts'
import { nginxTrials } from './peers/nginx.ts'
import { Processes } from './peers/processes.ts'
import { goClients, nginx, pythonPrograms, statedVersions } from './peers/tools.ts'
import { judge } from './peers/trial.ts'
import type { Stage, Trial, Verdict } from './peers/trial.ts'

interface Options {
  only?: string
  seconds: number
}

const trials: readonly Trial[] = [...grpcTrials, ...httpTrials, ...pythonTrials, ...nginxTrials]
const groups = [...new Set(trials.map(({ group }) => group))]

const command = new Command('verify:peers')
  .description(
    'Drains one of two servers again and again under the load of real foreign clients (grpc-go and ghz, Go net/http,\n' +
      'Python requests and httpx, nginx as a proxy) and counts what each client lost. Controls show that the same\n' +
      'client loses requests to a server without drain-server. Loopback only; needs Go and Python 3, installs the rest.\n' +
      'Exit code 0: every trial was as expected; 1: one was not, or could not be run.',
  )
  .addOption(new Option('--only <group>', 'run one group').choices(groups))
  .addOption(
    new Option('--seconds <number>', 'how long each client sends').default(9).argParser((text) => {
      const seconds = Number(text)
      if (seconds >= 5 && seconds <= 60) return seconds
      throw new InvalidArgumentError('write a number from 5 to 60.')
    }),
  )

async function main({ only, seconds }: Options): Promise<boolean> {
  const signal = interruption()
  const processes = new Processes(signal)
  signal.addEventListener('abort', () => processes.end())
  const chosen = trials.filter(({ group }) => only === undefined || group === only)
  const folder = await mkdtemp(join(tmpdir(), 'drainkeeper-peers-'))
  const context = { signal, progress: (line: string) => void process.stderr.write(`${line}\n`) }
  const uses = (...users: Trial['group'][]): boolean => chosen.some(({ group }) => users.includes(group))
  try {
    const versions = await statedVersions()
    const failures = new Map<Trial['group'], string>()
    const need = async (users: Trial['group'][], install: () => Promise<string>): Promise<string> => {
      if (!uses(...users)) return ''
      return install().catch((error: unknown) => {
        signal.throwIfAborted()
        for (const group of users) failures.set(group, error instanceof Error ? error.message : String(error))
        return ''
      })
    }
    const go = await need(groups, () => goClients(context))
    const python = await need(['python'], () => pythonPrograms(context))
    const nginxVersion = await need(['nginx'], () => nginx(context))
    if (nginxVersion !== '') versions['nginx'] = nginxVersion.replace(/^.*\//, '')

    const stage: Stage = { processes, seconds, go, python, folder }
    const verdicts: Verdict[] = []
    for (const trial of chosen) {
      const missing = failures.get(trial.group)
      const verdict = missing === undefined ? await verdictOn(trial, stage) : unable(trial, missing)
      signal.throwIfAborted()
      verdicts.push(verdict)
      process.stdout.write(`${row(verdict)}\n`)
    }
    const pass = verdicts.every(({ passed }) => passed)
    const command = ['npm run verify:peers', ...(only === undefined ? [] : ['--', '--only', only])].join(' ')
    const path = writeArtifact({ name: 'verify-peers', pass, figures: { verdicts }, commands: [command] }, versions)
    const failed = verdicts.filter(({ passed }) => !passed).length
    process.stdout.write(`\n${verdicts.length - failed} of ${verdicts.length} as expected; figures in ${path}\n`)
    return pass
  } finally {
    processes.end()
    await rm(folder, { recursive: true, force: true })
  }
}

async function verdictOn(trial: Trial, stage: Stage): Promise<Verdict> {
  try {
    return judge(trial, await trial.run(stage))
  } catch (error) {
    return unable(trial, error instanceof Error ? error.message : String(error))
  }
}

/** What cannot be run has failed. */
function unable(trial: Trial, why: string): Verdict {
  const { name, group, expected } = trial
  return { trial: { name, group, expected }, lost: 0, passed: false, detail: why }
}

function row({ trial, measured, lost, passed, detail }: Verdict): string {
  const figures = measured
    ? `${String(measured.requests).padStart(6)} requests, ${String(measured.drains).padStart(2)} drains, ${String(lost).padStart(4)} lost`
    : '     not run'
  return `${passed ? 'pass' : 'FAIL'}  ${trial.name.padEnd(76)} ${figures}   ${trial.expected}${detail === '' ? '' : ` (${detail})`}`
}

main(command.parse().opts<Options>()).then(
  (pass) => process.exit(pass ? 0 : 1),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  },
)
