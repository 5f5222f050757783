import { Command, InvalidArgumentError, Option } from 'commander'
import type { Lag, ProcessImages } from '../cluster/index.ts'
import { wholeNumber } from './whole-number.ts'

/** What `drainctl cluster` was asked for. */
export interface ClusterCommandOptions {
  readonly nodes: number
  readonly port: number
  /** By node; the empty name is that of all others. */
  readonly lag: Readonly<Record<string, Lag>>
  readonly kubeconfig?: string
  readonly image: ProcessImages
  /** False after `--no-lab`. */
  readonly lab: boolean
}

const help = `
An API server, controllers, kubelets whose containers are processes of this machine, and a service proxy per node whose
lag is a setting. It needs nothing but Node, and nothing of it is left when it ends.

It has the lab's images; --image adds programs of yours, which have to listen on any address (on Linux each pod gets its
own) or on POD_IP.

Examples:
  $ drainctl cluster
  $ drainctl cluster --nodes 3 --lag 200ms --lag node-3=2s
  $ drainctl cluster --lag 50ms-500ms --image 'web:1=node server.js' --kubeconfig ./kubeconfig`

/** The command as data; who runs it decides what it does. */
export function clusterCommand(): Command {
  return new Command('cluster')
    .description('Runs an embedded Kubernetes cluster until it is interrupted.')
    .addOption(new Option('--nodes <number>', 'nodes').default(2).argParser(wholeNumber(1, 50)))
    .addOption(
      new Option('--port <number>', 'of the API server on 127.0.0.1; 0 takes a free one')
        .default(0)
        .argParser(wholeNumber(0, 65_535)),
    )
    .addOption(
      new Option('--lag <[node=]time>', 'how long service proxies take: 500ms, 2s, or 50ms-500ms; once for each node')
        .default({}, '50ms-500ms')
        .argParser(addLag),
    )
    .addOption(new Option('--kubeconfig <file>', 'write the kubeconfig to this file (default: one that is printed)'))
    .addOption(
      new Option('--image <name=command>', 'a program that pods may run under this name; may be given more than once')
        .default({}, '')
        .argParser(addImage),
    )
    .addOption(new Option('--no-lab', "do not bring the lab's images"))
    .addHelpText('after', help)
    .allowExcessArguments(false)
}

/** `500ms`, `0.5s`, or a range of two. @throws InvalidArgumentError */
export function parseLag(text: string): Lag {
  const [from, to, ...rest] = text.split('-').map(milliseconds)
  if (from === undefined || rest.length > 0) throw new InvalidArgumentError('Write a time, or two: 50ms-500ms.')
  if (to === undefined) return { kind: 'fixed', ms: from }
  if (to < from) throw new InvalidArgumentError('Write the shorter time first: 50ms-500ms.')
  return { kind: 'uniform', fromMs: from, toMs: to }
}

function milliseconds(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(text.trim()) ?? []
  const ms = Number(number) * (unit === 's' ? 1000 : 1)
  if (number === undefined || ms > 600_000) {
    throw new InvalidArgumentError('Write a time of at most 600s, such as 500ms or 2s.')
  }
  return ms
}

function addLag(text: string, before: Readonly<Record<string, Lag>>): Record<string, Lag> {
  const [, node = '', lag = ''] = /^(?:([^=]+)=)?(.*)$/.exec(text) ?? []
  return { ...before, [node]: parseLag(lag) }
}

function addImage(text: string, before: ProcessImages): ProcessImages {
  const [, name, command = ''] = /^([^=]+)=(.*)$/.exec(text) ?? []
  const words = command.split(' ').filter((word) => word !== '')
  if (name === undefined || words.length === 0) throw new InvalidArgumentError('Write NAME=COMMAND.')
  return { ...before, [name]: { command: words } }
}
