/** `npm run cluster -- COMMAND`: a cluster to work in by hand. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { installDemo } from '../demo.ts'
import { ClusterError } from './cluster-error.ts'
import { KIND_CLUSTER_NAME } from './kind/index.ts'
import { type ClusterState, type ProxyMode, type RunFolder, runFolders, stateOf } from './local/index.ts'
import { runCommand } from './command.ts'
import { type ProviderChoice, selectProvider } from './select.ts'

interface Flags {
  readonly provider: NonNullable<ProviderChoice['provider']>
  readonly kubeconfig?: string
  readonly proxyMode: ProxyMode
  readonly nodes: number
}

const program = new Command('cluster').description('starts and ends clusters for end-to-end tests')

const provider = new Option('--provider <name>', 'where the cluster comes from')
  .choices(['auto', 'local', 'kind', 'kubeconfig'])
  .default('auto')
const kubeconfig = new Option('--kubeconfig <path>', 'of a cluster that runs already').env('KUBECONFIG')
const proxyMode = new Option('--proxy-mode <mode>', "kube-proxy's dataplane (local only)")
  .choices(['nftables', 'iptables'])
  .default('nftables')
const nodes = new Option('--nodes <count>', 'how many nodes (local only)').default(2).argParser((text) => {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1 || count > 9) throw new InvalidArgumentError('from 1 to 9')
  return count
})

program
  .command('up')
  .description('starts a cluster, leaves it running, and says how to reach it')
  .addOption(provider)
  .addOption(kubeconfig)
  .addOption(proxyMode)
  .addOption(nodes)
  .option('--demo', 'also install the operator and a service to try it on, as the README does', false)
  .action(async (flags: Flags & { demo: boolean }) => {
    const interrupted = new AbortController()
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => interrupted.abort(new ClusterError('StartFailed', `interrupted by ${signal}`)))
    const started = performance.now()
    const progress = (line: string) =>
      console.error(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${line}`)
    const selected = await selectProvider(choiceOf(flags))
    const cluster = await selected.up({ signal: interrupted.signal, progress })
    if (flags.demo) {
      await installDemo(cluster, progress).catch(async (error: unknown) => {
        await cluster.down()
        throw error
      })
    }
    console.log(`Kubernetes ${cluster.kubernetesVersion} (${selected.name}) with the nodes ${cluster.nodes.join(', ')}`)
    console.log(`alias kubectl='${cluster.kubectlPath}'`)
    console.log(`export KUBECONFIG=${cluster.kubeconfigPath}`)
  })

program
  .command('down')
  .description('ends what `up` left running, and what crashed clusters left behind')
  .argument('[network]', 'which one, where several run: 10.210 as `status` shows it')
  .addOption(provider)
  .option('--all', 'every cluster, also one whose maker is still alive', false)
  .action(async (network: string | undefined, flags: { provider: Flags['provider']; all: boolean }) => {
    // As `up` chooses by itself.
    const auto = process.platform === 'linux' && process.getuid?.() === 0 ? 'local' : 'kind'
    const chosen = flags.provider === 'auto' ? auto : flags.provider
    if (chosen === 'kind') await runCommand(['kind', 'delete', 'cluster', '--name', KIND_CLUSTER_NAME])
    if (chosen !== 'local') return
    const clusters = await toEnd(network, flags.all)
    if (clusters.length === 0) console.log('no local cluster is left')
    for (const { name, state, folder } of clusters) {
      await folder.destroy()
      console.log(`${name} (${state}) is gone`)
    }
  })

program
  .command('status')
  .description('lists the local clusters')
  .option('--json', 'for programs', false)
  .action(async ({ json }: { json: boolean }) => {
    const clusters = []
    for (const { name, state, folder } of await found()) clusters.push({ name, state, ...(await folder.record()) })
    if (json) console.log(JSON.stringify(clusters))
    else if (clusters.length === 0) console.log('no local cluster')
    else
      for (const { name, state, nodes, owner, ready } of clusters)
        console.log(
          [
            name,
            owner === undefined ? state : `${state}, belongs to process ${owner.pid}`,
            nodes?.join(' '),
            ready?.kubeconfigPath ?? 'not ready',
          ].join('\t'),
        )
  })

program
  .command('check')
  .description('says what this machine lacks, and how to cure it; exits with 1 when something is missing')
  .addOption(provider)
  .addOption(kubeconfig)
  .action(async (flags: Flags) => {
    const selected = await selectProvider(choiceOf(flags))
    const missing = await selected.check()
    console.log(missing.length === 0 ? `${selected.name}: nothing is missing` : `${selected.name}:`)
    for (const { what, cure } of missing) console.log(`  ${what} is missing: ${cure}`)
    if (missing.length > 0) process.exitCode = 1
  })

interface Found {
  readonly name: string
  readonly state: ClusterState
  readonly kept: boolean
  readonly folder: RunFolder
}

async function found(): Promise<readonly Found[]> {
  const clusters: Found[] = []
  for (const folder of await runFolders()) {
    const kept = (await folder.record())?.owner === undefined
    clusters.push({ name: `10.${folder.x}`, state: await stateOf(folder), kept, folder })
  }
  return clusters
}

/** Others may work on this machine too: of several clusters that run, one has to be named. */
async function toEnd(network: string | undefined, all: boolean): Promise<readonly Found[]> {
  const clusters = await found()
  if (all) return clusters
  const named = clusters.filter(({ name }) => name === network)
  if (network !== undefined && named.length === 0)
    throw new ClusterError('NotRunning', `no cluster is called ${network}`)
  const running = clusters.filter(({ state, kept }) => state !== 'abandoned' && kept)
  if (network === undefined && running.length > 1)
    throw new ClusterError(
      'NotRunning',
      `several clusters run: name one of ${running.map(({ name }) => name).join(', ')}`,
    )
  const abandoned = clusters.filter(({ state }) => state === 'abandoned')
  return [...new Set([...abandoned, ...(network === undefined ? running : named)])]
}

function choiceOf(flags: Flags): ProviderChoice {
  return {
    provider: flags.provider,
    ...(flags.kubeconfig === undefined ? {} : { kubeconfigPath: flags.kubeconfig }),
    local: { outlivesMaker: true, nodeCount: flags.nodes, proxyMode: flags.proxyMode },
  }
}

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof ClusterError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
