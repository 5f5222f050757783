import { join } from 'node:path'
import { ClusterError } from '../cluster-error.ts'
import { runCommand } from '../command.ts'
import type { Image } from '../image.ts'
import { Kubectl } from '../kubectl.ts'
import type { Cluster, ContainerName } from '../provider.ts'
import type { Binaries } from './binaries.ts'
import type { Machine } from './machine.ts'
import { setNodeLink } from './network.ts'
import { containerProcess, importImage } from './node.ts'
import { CONTROL_PLANE, type RunFolder } from './run-folder.ts'

/** A cluster that runs on this machine, whoever started it. */
export class LocalCluster implements Cluster {
  readonly kubeconfigPath: string
  readonly nodes: readonly string[]
  readonly kubernetesVersion: string
  readonly kubectlPath: string
  readonly #folder: RunFolder
  readonly #binaries: Binaries
  readonly #machines: ReadonlyMap<string, Machine>
  readonly #owned: boolean

  /** @param owned whether `down` ends it */
  constructor(folder: RunFolder, nodes: readonly string[], binaries: Binaries, owned: boolean) {
    this.kubeconfigPath = join(folder.path, 'kubeconfig')
    this.nodes = nodes
    this.kubernetesVersion = binaries.kubernetesVersion
    this.kubectlPath = join(folder.path, 'kubectl')
    this.#folder = folder
    this.#binaries = binaries
    this.#owned = owned
    const names = [CONTROL_PLANE, ...nodes]
    this.#machines = new Map(names.map((name) => [name, folder.machine(name, binaries.folders)]))
  }

  async loadImage(image: Image): Promise<string> {
    await Promise.all(this.nodes.map((node) => importImage(this.#machine(node), this.#binaries, image)))
    return image.name
  }

  async down(): Promise<void> {
    if (this.#owned) await this.#folder.destroy()
  }

  async nodeCommand(node: string, command: readonly string[]): Promise<readonly string[]> {
    return this.#machine(node).command(command, 'network')
  }

  async killContainer(name: ContainerName, signal: NodeJS.Signals): Promise<void> {
    const { machine, pid } = await this.#container(name)
    await machine.run(['sh', '-c', `kill -s ${signal.replace(/^SIG/, '')} ${pid}`])
  }

  async containerMemoryBytes(name: ContainerName): Promise<number> {
    const { machine, pid } = await this.#container(name)
    const status = await machine.run(['cat', `/proc/${pid}/status`])
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
  }

  async disconnectNode(node: string): Promise<void> {
    await setNodeLink(this.#machine(CONTROL_PLANE), this.nodes.indexOf(node), 'down')
  }

  async reconnectNode(node: string): Promise<void> {
    await setNodeLink(this.#machine(CONTROL_PLANE), this.nodes.indexOf(node), 'up')
  }

  async freezeApiServer(): Promise<void> {
    await this.#machine(CONTROL_PLANE).signal(this.#binaries.path('kube-apiserver'), 'SIGSTOP')
  }

  async thawApiServer(): Promise<void> {
    await this.#machine(CONTROL_PLANE).signal(this.#binaries.path('kube-apiserver'), 'SIGCONT')
  }

  #machine(name: string): Machine {
    const machine = this.#machines.get(name)
    if (machine === undefined) throw new ClusterError('NotRunning', `this cluster has no node ${name}`)
    return machine
  }

  async #container(name: ContainerName): Promise<{ readonly machine: Machine; readonly pid: number }> {
    const { node, id } = await new Kubectl(this.kubectlPath, this.kubeconfigPath, runCommand).containerPlace(name)
    const machine = this.#machine(node)
    return { machine, pid: await containerProcess(machine, this.#binaries, id) }
  }
}
