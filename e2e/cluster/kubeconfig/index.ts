/** Any cluster that somebody else runs: nothing is started, nothing is ended, and images have to be there already. */
import { resolve } from 'node:path'
import { exists } from '../cache.ts'
import { ClusterError } from '../cluster-error.ts'
import { type CommandRunner, runCommand } from '../command.ts'
import type { Image } from '../image.ts'
import { Kubectl } from '../kubectl.ts'
import type { Cluster, ClusterProvider, MissingPiece, UpOptions } from '../provider.ts'

export interface KubeconfigProviderOptions {
  readonly kubeconfigPath: string
  /** Which reference the nodes can pull for an image of ours, by our name for it. @default none */
  readonly images?: Readonly<Record<string, string>>
  /** @default 'kubectl', from PATH */
  readonly kubectlPath?: string
  readonly run?: CommandRunner
}

export class KubeconfigProvider implements ClusterProvider {
  readonly name = 'kubeconfig'
  readonly #options: KubeconfigProviderOptions

  constructor(options: KubeconfigProviderOptions) {
    this.#options = options
  }

  async check(): Promise<readonly MissingPiece[]> {
    const { kubeconfigPath, kubectlPath = 'kubectl', run = runCommand } = this.#options
    const pieces: MissingPiece[] = []
    if (!(await exists(kubeconfigPath)))
      pieces.push({ what: `the kubeconfig ${kubeconfigPath}`, cure: 'name another with --kubeconfig' })
    const kubectl = await run([kubectlPath, 'version', '--client']).catch(() => undefined)
    if (kubectl === undefined) pieces.push({ what: 'kubectl', cure: 'install kubectl and put it on PATH' })
    return pieces
  }

  async up({ signal, progress }: UpOptions): Promise<Cluster> {
    const missing = await this.check()
    if (missing.length > 0)
      throw new ClusterError('MissingPieces', missing.map(({ what, cure }) => `${what} is missing: ${cure}`).join('\n'))
    const { kubectlPath = 'kubectl', images = {}, run = runCommand } = this.#options
    const kubeconfigPath = resolve(this.#options.kubeconfigPath)
    progress(`using the cluster of ${kubeconfigPath}`)
    const kubectl = new Kubectl(kubectlPath, kubeconfigPath, run)
    return {
      kubeconfigPath,
      kubectlPath,
      nodes: await kubectl.readyNodes(signal),
      kubernetesVersion: await kubectl.serverVersion(signal),
      async loadImage(image: Image) {
        const reference = images[image.name]
        if (reference === undefined)
          throw new ClusterError(
            'ImageNotMapped',
            `this cluster gets no images from here: push ${image.name} to a registry that it pulls from, and say --image ${image.name}=REFERENCE`,
          )
        return reference
      },
      async down() {},
    }
  }
}
