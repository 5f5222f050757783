import { ClusterError } from './cluster-error.ts'
import type { CommandRunner } from './command.ts'
import type { ContainerName } from './provider.ts'

interface Nodes {
  readonly items: readonly { readonly metadata: { readonly name: string } }[]
}

/** The part of a pod that tells where its processes are. */
interface PodPlace {
  readonly spec: { readonly nodeName?: string }
  readonly status?: { readonly containerStatuses?: readonly { readonly name: string; readonly containerID?: string }[] }
}

/** Runs kubectl against the cluster of one kubeconfig. */
export class Kubectl {
  readonly path: string
  readonly kubeconfigPath: string
  readonly #run: CommandRunner

  constructor(path: string, kubeconfigPath: string, run: CommandRunner) {
    this.path = path
    this.kubeconfigPath = kubeconfigPath
    this.#run = run
  }

  async run(parameters: readonly string[], signal?: AbortSignal): Promise<string> {
    const command = [this.path, '--kubeconfig', this.kubeconfigPath, ...parameters]
    return this.#run(command, signal === undefined ? {} : { signal })
  }

  /** Resolves with the names of all nodes once all of them are Ready. */
  async readyNodes(signal: AbortSignal): Promise<readonly string[]> {
    await this.run(['wait', '--for=condition=Ready', 'node', '--all', '--timeout=180s'], signal)
    const nodes = JSON.parse(await this.run(['get', 'nodes', '--output', 'json'], signal)) as Nodes
    return nodes.items.map((node) => node.metadata.name)
  }

  /** The server's version without its `v`. */
  async serverVersion(signal: AbortSignal): Promise<string> {
    const version = JSON.parse(await this.run(['get', '--raw', '/version'], signal)) as { readonly gitVersion: string }
    return version.gitVersion.replace(/^v/, '')
  }

  /**
   * The node of a container, and its name in that node's containerd.
   *
   * @throws ClusterError `NotRunning`, also when `name` fits more than one container
   */
  async containerPlace(name: ContainerName): Promise<{ readonly node: string; readonly id: string }> {
    const told = await this.run(['--namespace', name.namespace, 'get', 'pod', name.pod, '--output', 'json'])
    const { spec, status } = JSON.parse(told) as PodPlace
    const fitting = (status?.containerStatuses ?? []).filter(
      (container) => name.container === undefined || container.name === name.container,
    )
    const label = `${name.namespace}/${name.pod}${name.container === undefined ? '' : `/${name.container}`}`
    if (fitting.length > 1) throw new ClusterError('NotRunning', `${label} has ${fitting.length} containers: name one`)
    const id = fitting[0]?.containerID
    if (id === undefined || spec.nodeName === undefined)
      throw new ClusterError('NotRunning', `${label} has no such container`)
    return { node: spec.nodeName, id: id.replace(/^containerd:\/\//, '') }
  }
}
