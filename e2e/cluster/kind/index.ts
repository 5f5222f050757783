/** Clusters of `kind`, where a Docker daemon answers: each node is a container. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClusterError } from '../cluster-error.ts'
import { type CommandRunner, runCommand } from '../command.ts'
import { type Image, writeImageArchive } from '../image.ts'
import { Kubectl } from '../kubectl.ts'
import type { Cluster, ClusterProvider, MissingPiece, UpOptions } from '../provider.ts'

export interface KindProviderOptions {
  /** Of the cluster. One that runs under this name is adopted. @default 'drainkeeper' */
  readonly clusterName?: string
  /** Node image, which decides the version of Kubernetes. @default kind's own */
  readonly nodeImage?: string
  readonly run?: CommandRunner
}

export const KIND_CLUSTER_NAME = 'drainkeeper'

/** One control plane and two workers: pods run on the workers only. */
const CONFIG = {
  kind: 'Cluster',
  apiVersion: 'kind.x-k8s.io/v1alpha4',
  nodes: [{ role: 'control-plane' }, { role: 'worker' }, { role: 'worker' }],
}

export class KindProvider implements ClusterProvider {
  readonly name = 'kind'
  readonly #clusterName: string
  readonly #nodeImage: string | undefined
  readonly #run: CommandRunner

  constructor({ clusterName = KIND_CLUSTER_NAME, nodeImage, run = runCommand }: KindProviderOptions = {}) {
    this.#clusterName = clusterName
    this.#nodeImage = nodeImage
    this.#run = run
  }

  async check(): Promise<readonly MissingPiece[]> {
    const needs: readonly [command: readonly string[], piece: MissingPiece][] = [
      [
        ['docker', 'info'],
        { what: 'a Docker daemon', cure: 'install Docker, start it, and see that `docker info` answers' },
      ],
      [['kind', 'version'], { what: 'kind', cure: 'install kind and put it on PATH' }],
      [['kubectl', 'version', '--client'], { what: 'kubectl', cure: 'install kubectl and put it on PATH' }],
    ]
    const pieces: MissingPiece[] = []
    for (const [command, piece] of needs)
      await this.#run(command).catch(() => {
        pieces.push(piece)
      })
    return pieces
  }

  async up({ signal, progress }: UpOptions): Promise<Cluster> {
    const missing = await this.check()
    if (missing.length > 0)
      throw new ClusterError('MissingPieces', missing.map(({ what, cure }) => `${what} is missing: ${cure}`).join('\n'))
    const folder = await mkdtemp(join(tmpdir(), 'drainkeeper-kind-'))
    const kubeconfigPath = join(folder, 'kubeconfig')
    const byName = ['--name', this.#clusterName]
    const exists = (await this.#run(['kind', 'get', 'clusters'], { signal })).split('\n').includes(this.#clusterName)
    const down = async () => {
      if (!exists) await this.#run(['kind', 'delete', 'cluster', ...byName])
      await rm(folder, { recursive: true, force: true })
    }
    try {
      if (exists) {
        progress(`adopting the kind cluster ${this.#clusterName}`)
        await this.#run(['kind', 'export', 'kubeconfig', ...byName, '--kubeconfig', kubeconfigPath], { signal })
      } else {
        progress(`creating the kind cluster ${this.#clusterName}`)
        const config = join(folder, 'kind.json')
        await writeFile(config, JSON.stringify(CONFIG))
        const image = this.#nodeImage === undefined ? [] : ['--image', this.#nodeImage]
        const access = ['--kubeconfig', kubeconfigPath, '--wait', '180s']
        await this.#run(['kind', 'create', 'cluster', ...byName, '--config', config, ...image, ...access], { signal })
      }
      return await this.#describe(new Kubectl('kubectl', kubeconfigPath, this.#run), folder, signal, down)
    } catch (error) {
      await down()
      throw error
    }
  }

  async #describe(kubectl: Kubectl, folder: string, signal: AbortSignal, down: () => Promise<void>): Promise<Cluster> {
    const run = this.#run
    const clusterName = this.#clusterName
    const nodes = await kubectl.readyNodes(signal)
    return {
      kubeconfigPath: kubectl.kubeconfigPath,
      kubectlPath: kubectl.path,
      nodes: nodes.filter((node) => !node.endsWith('-control-plane')),
      kubernetesVersion: await kubectl.serverVersion(signal),
      async loadImage(image: Image) {
        const archive = join(folder, `${image.id.replace(':', '-')}.tar`)
        try {
          await writeImageArchive(image, archive)
          await run(['kind', 'load', 'image-archive', archive, '--name', clusterName])
        } finally {
          await rm(archive, { force: true })
        }
        return image.name
      },
      down,
      async killContainer(name, signal) {
        const { node, id } = await kubectl.containerPlace(name)
        const kill = ['ctr', '--namespace', 'k8s.io', 'tasks', 'kill', '--signal', signal, id]
        // A node is a Docker container of the same name.
        await run(['docker', 'exec', node, ...kill])
      },
    }
  }
}
