import { type Command, Option } from 'commander'
import { ClusterError } from './cluster/cluster-error.ts'
import type { ClusterProvider } from './cluster/provider.ts'
import { addImage, type ProviderName, selectProvider } from './cluster/select.ts'
import { imageNames } from './images.ts'

/** Where the cluster of a run comes from, as the command line says it. */
export interface ClusterOptions {
  provider: ProviderName | 'auto'
  kubeconfig?: string
  image: Record<string, string>
}

export function withClusterOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--provider <name>', 'where the cluster comes from')
        .choices(['auto', 'local', 'kind', 'kubeconfig'])
        .default('auto'),
    )
    .addOption(new Option('--kubeconfig <path>', 'use this cluster'))
    .addOption(
      new Option('--image <name=reference...>', 'where a cluster that is not ours finds an image: see npm run images')
        .default({})
        .argParser(addImage),
    )
}

/** @throws ClusterError before anything is started, when an image of ours could not be had in that cluster */
export async function clusterOf({ provider, kubeconfig, image }: ClusterOptions): Promise<ClusterProvider> {
  const selected = await selectProvider({
    provider,
    images: image,
    ...(kubeconfig === undefined ? {} : { kubeconfigPath: kubeconfig }),
  })
  const unmapped = Object.values(imageNames).filter((name) => image[name] === undefined)
  if (selected.name === 'kubeconfig' && unmapped.length > 0) {
    const wanted = unmapped.map((name) => `--image ${name}=REFERENCE`).join(' ')
    throw new ClusterError(
      'ImageNotMapped',
      `that cluster cannot be given images: write them with npm run images, push them, and add ${wanted}`,
    )
  }
  return selected
}
