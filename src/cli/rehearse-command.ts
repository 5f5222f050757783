import { Command, InvalidArgumentError, Option } from 'commander'
import { type Program, programs } from '../lab/stage/index.ts'
import { wholeNumber } from './whole-number.ts'

/** What `drainctl rehearse` was asked for, word for word. */
export interface RehearseOptions {
  readonly kubeconfig?: string
  readonly context?: string
  readonly embedded: boolean
  readonly nodes: number
  readonly scenario: readonly string[]
  readonly list: boolean
  readonly rate?: number
  readonly replicas?: number
  readonly disruptions?: number
  readonly maxLost: number
  readonly json: boolean
  readonly out: string
  /** False after `--no-report`. */
  readonly report: boolean
  readonly image: Readonly<Partial<Record<Program, string>>>
}

export const defaultFolder = 'artifacts/rehearsal'

const help = `
Exit code: 0 the objective was met, 1 it was missed or something could not be taken away again, 2 it could not be run,
130 it was interrupted.

Without --kubeconfig a cluster is embedded: an API server, controllers, kubelets whose containers are processes of this
machine, and service proxies whose lag is a setting. It needs nothing but Node, and nothing of it is left.

A cluster of yours must not have drainkeeper in it already, needs images that its nodes can pull (npm run images writes
them), and a user who may do what docs/rehearsal.md lists. What the rehearsal makes there, it takes away again.

Where GITHUB_STEP_SUMMARY names a file, the summary is added to it.

Examples:
  $ drainctl rehearse
  $ drainctl rehearse --list
  $ drainctl rehearse --scenario websocket --scenario ./checkout.yaml --max-lost 0
  $ drainctl rehearse --kubeconfig ~/.kube/config --image operator=registry.example/drainkeeper:0.1.0 \\
      --image agent=registry.example/agent:0.1.0 --image workload=registry.example/workload:0.1.0`

/** The command as data; who runs it decides what it does. */
export function rehearseCommand(name = 'rehearse'): Command {
  return new Command(name)
    .description('Rolls a service under load, without drainkeeper and with it, and reports what was lost.')
    .addOption(new Option('--kubeconfig <file>', 'rehearse in this cluster'))
    .addOption(new Option('--context <name>', "of the kubeconfig (default: the file's current one)"))
    .addOption(
      new Option('--embedded', 'rehearse in an embedded cluster; the default without --kubeconfig')
        .default(false)
        .conflicts('kubeconfig'),
    )
    .addOption(new Option('--nodes <number>', 'nodes of the embedded cluster').default(2).argParser(wholeNumber(1, 8)))
    .addOption(
      new Option('--scenario <name|file|all>', 'what to rehearse; may be given more than once (default: see --list)')
        .default([], '')
        .argParser((text: string, before: readonly string[]) => [...before, text]),
    )
    .addOption(new Option('--list', 'list the scenarios, and do nothing').default(false))
    .addOption(
      new Option('--rate <number>', 'requests a second, instead of what the scenario says').argParser(
        wholeNumber(1, 2000),
      ),
    )
    .addOption(
      new Option('--replicas <number>', 'pods, instead of what the scenario says').argParser(wholeNumber(1, 100)),
    )
    .addOption(
      new Option('--disruptions <number>', 'counted disruptions, instead of what the scenario says').argParser(
        wholeNumber(1, 100),
      ),
    )
    .addOption(
      new Option('--max-lost <number>', 'requests that a variant which should lose none may lose')
        .default(0)
        .argParser(wholeNumber(0, 1_000_000)),
    )
    .addOption(new Option('--json', 'print the whole result as JSON').default(false))
    .addOption(
      new Option('--out <folder>', 'where report.html, summary.md, rehearsal.json and events.json go').default(
        defaultFolder,
      ),
    )
    .addOption(new Option('--no-report', 'write no files'))
    .addOption(
      new Option(
        '--image <program=reference>',
        `what the nodes of your cluster pull for ${programs.join(', ')}; once each`,
      )
        .default({}, '')
        .argParser(addImage),
    )
    .addHelpText('after', help)
    .allowExcessArguments(false)
}

function addImage(text: string, before: RehearseOptions['image']): RehearseOptions['image'] {
  const [, name, reference] = /^([^=]*)=(.+)$/.exec(text) ?? []
  const program = programs.find((each) => each === name)
  if (program === undefined || reference === undefined) {
    throw new InvalidArgumentError(`Write PROGRAM=REFERENCE, with a program of ${programs.join(', ')}.`)
  }
  return { ...before, [program]: reference }
}
