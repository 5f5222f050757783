import { resolve } from 'node:path'
import { ClusterError } from './cluster-error.ts'
import { KindProvider } from './kind/index.ts'
import { KubeconfigProvider } from './kubeconfig/index.ts'
import { LocalProvider, type LocalProviderOptions, runFolders } from './local/index.ts'
import type { ClusterProvider, MissingPiece } from './provider.ts'

export type ProviderName = ClusterProvider['name']

export interface ProviderChoice {
  /** @default 'auto' */
  readonly provider?: ProviderName | 'auto'
  /** As given by the user, or in KUBECONFIG. @default none */
  readonly kubeconfigPath?: string
  /** For the kubeconfig provider: the reference that stands for an image of ours. @default none */
  readonly images?: Readonly<Record<string, string>>
  readonly local?: LocalProviderOptions
}

/** What a choice depends on, so that it can be told without a cluster. */
export interface Surroundings {
  readonly platform: string
  readonly isRoot: boolean
  /** Asked only when it matters. */
  readonly missingForKind: () => Promise<readonly MissingPiece[]>
}

/**
 * The provider that the user named, or, for `auto`: the cluster of an explicit kubeconfig; else, for root on Linux, a
 * local one; else kind, where a Docker daemon answers. A kubeconfig of a running local cluster adopts that cluster, so
 * that images can be loaded.
 *
 * @throws ClusterError `MissingPieces`, with what each provider lacks
 */
export async function selectProvider(choice: ProviderChoice): Promise<ClusterProvider> {
  const name = await chooseProvider(choice, {
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
    missingForKind: async () => new KindProvider().check(),
  })
  const { kubeconfigPath, images = {}, local } = choice
  if (name === 'kind') return new KindProvider()
  const path = kubeconfigPath === undefined ? undefined : resolve(kubeconfigPath)
  const adopted = path !== undefined && (await isLocal(path))
  if (name === 'local' || adopted)
    return new LocalProvider({ ...local, ...(path !== undefined && adopted ? { adopt: path } : {}) })
  return new KubeconfigProvider({ kubeconfigPath: path ?? '', images })
}

export async function chooseProvider(choice: ProviderChoice, surroundings: Surroundings): Promise<ProviderName> {
  const { provider = 'auto', kubeconfigPath } = choice
  if (provider === 'kubeconfig' && kubeconfigPath === undefined)
    throw new ClusterError('MissingPieces', 'kubeconfig: none is named: say --kubeconfig PATH or set KUBECONFIG')
  if (provider !== 'auto') return provider
  if (kubeconfigPath !== undefined) return 'kubeconfig'
  if (surroundings.platform === 'linux' && surroundings.isRoot) return 'local'
  const missing = await surroundings.missingForKind()
  if (missing.length === 0) return 'kind'
  throw new ClusterError(
    'MissingPieces',
    [
      'no cluster can be had here:',
      '  kubeconfig: none is named: say --kubeconfig PATH or set KUBECONFIG',
      `  local: ${surroundings.platform === 'linux' ? 'root is missing: run it as root' : 'needs Linux'}`,
      ...missing.map(({ what, cure }) => `  kind: ${what} is missing: ${cure}`),
    ].join('\n'),
  )
}

/**
 * What the user wrote after `--image`, added to what was written before, for commander's `argParser`.
 *
 * @throws ClusterError `ImageNotMapped` for anything but NAME=REFERENCE
 */
export function addImage(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [name, reference] = text.split('=', 2)
  if (!name || !reference) throw new ClusterError('ImageNotMapped', `--image ${text}: write NAME=REFERENCE`)
  return { ...before, [name]: reference }
}

async function isLocal(kubeconfigPath: string): Promise<boolean> {
  for (const folder of await runFolders())
    if ((await folder.record())?.ready?.kubeconfigPath === kubeconfigPath) return true
  return false
}
