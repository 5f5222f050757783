import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ClusterError } from '../cluster-error.ts'
import { runCommand } from '../command.ts'
import { type Image, buildImage } from '../image.ts'
import type { Cluster, ClusterProvider, MissingPiece, UpOptions } from '../provider.ts'
import { addressesOf } from './addresses.ts'
import { type Binaries, buildBinaries } from './binaries.ts'
import { makeCredentials, writeKubeconfig } from './certificates.ts'
import { apiServerUrl, startApiServer, startControllers, untilOrEnded } from './control-plane.ts'
import { LocalCluster } from './local-cluster.ts'
import { connectMachines } from './network.ts'
import { type NodeOptions, type ProxyMode, startContainerd, startKubelet } from './node.ts'
import { installPackages, missingPieces } from './packages.ts'
import { identityOf } from './processes.ts'
import { CONTROL_PLANE, type RunFolder, makeRunFolder, runFolders, stateOf } from './run-folder.ts'

export interface LocalProviderOptions {
  /** @default 2 */
  readonly nodeCount?: number
  /** How kube-proxy programs the dataplane. @default 'nftables' */
  readonly proxyMode?: ProxyMode
  /** More flags for kube-apiserver. @default none */
  readonly apiServerFlags?: readonly string[]
  /** An API server alone: no nodes, and no controllers that change objects by themselves. @default false */
  readonly apiServerOnly?: boolean
  /** Whether the cluster goes on when this process ends. @default false */
  readonly outlivesMaker?: boolean
  /** Kubeconfig of a running local cluster: `up` adopts that one, and its `down` leaves it running. */
  readonly adopt?: string
}

/** Everything from a request to readiness takes about 10 s; on a busy machine a few times that. */
const START_LIMIT_MS = 180_000

/**
 * A real control plane and real nodes on this machine, in namespaces of their own, built from Go modules.
 *
 * There is no cluster DNS: pods reach Services by address, or by the environment variables that kubelet sets.
 */
export class LocalProvider implements ClusterProvider {
  readonly name = 'local'
  readonly #options: LocalProviderOptions

  constructor(options: LocalProviderOptions = {}) {
    this.#options = options
  }

  async check(): Promise<readonly MissingPiece[]> {
    return missingPieces()
  }

  async up({ signal, progress }: UpOptions): Promise<Cluster> {
    if (this.#options.adopt !== undefined) return adopt(this.#options.adopt, signal, progress)
    await removeAbandoned(progress)
    // What cannot be installed here is said before anything is.
    refuse((await missingPieces()).filter(({ what }) => !what.startsWith('the Debian package')))
    await installPackages(signal, progress)
    refuse(await missingPieces())
    const binaries = await buildBinaries(signal, progress)
    const owner = await identityOf(process.pid)
    if (owner === undefined) throw new ClusterError('StartFailed', '/proc is not mounted')
    const nodeCount = this.#options.apiServerOnly === true ? 0 : (this.#options.nodeCount ?? 2)
    const nodes = Array.from({ length: nodeCount }, (_, index) => `node-${index + 1}`)
    const folder = await makeRunFolder(owner, nodes)
    try {
      await this.#start(folder, nodes, binaries, signal, progress)
      const cluster = new LocalCluster(folder, nodes, binaries, true)
      const { kubeconfigPath, kubernetesVersion, kubectlPath } = cluster
      const ready = { kubeconfigPath, kubernetesVersion, kubectlPath }
      await folder.write({ x: folder.x, nodes, ...(this.#options.outlivesMaker ? {} : { owner }), ready })
      return cluster
    } catch (error) {
      await folder.destroy()
      throw error
    }
  }

  async #start(
    folder: RunFolder,
    nodes: readonly string[],
    binaries: Binaries,
    userSignal: AbortSignal,
    progress: (line: string) => void,
  ): Promise<void> {
    const limit = AbortSignal.timeout(START_LIMIT_MS)
    const signal = AbortSignal.any([userSignal, limit])
    try {
      await startAll(folder, nodes, binaries, this.#options, signal, progress)
    } catch (error) {
      userSignal.throwIfAborted()
      if (!limit.aborted) throw error
      const message = `the cluster was not ready after ${START_LIMIT_MS / 1000} s`
      throw new ClusterError('StartFailed', message, { cause: error })
    }
  }
}

/** @throws ClusterError `MissingPieces` when there are any */
function refuse(missing: readonly MissingPiece[]): void {
  if (missing.length === 0) return
  throw new ClusterError('MissingPieces', missing.map(({ what, cure }) => `${what} is missing: ${cure}`).join('\n'))
}

async function startAll(
  folder: RunFolder,
  nodes: readonly string[],
  binaries: Binaries,
  { proxyMode = 'nftables', apiServerFlags = [], apiServerOnly = false }: LocalProviderOptions,
  signal: AbortSignal,
  progress: (line: string) => void,
): Promise<void> {
  const addresses = addressesOf(folder.x)
  const machine = (name: string) => folder.machine(name, binaries.folders)
  const controlPlane = machine(CONTROL_PLANE)
  const nodeMachines = nodes.map(machine)
  progress(`starting Kubernetes ${binaries.kubernetesVersion} with ${nodes.length} nodes in ${addresses.network}`)
  await allSettled([controlPlane, ...nodeMachines].map((one) => one.start(binaries.path('pause'))))
  const credentials = await makeCredentials(join(folder.path, 'credentials'), addresses, nodes)
  const pauseImage = await describePause(binaries)
  signal.throwIfAborted()
  await connectMachines(folder.x, addresses, controlPlane, nodeMachines)
  const admin = credentials.identity('drainkeeper-e2e')
  const kubeconfig = join(folder.path, 'kubeconfig')
  await writeKubeconfig(kubeconfig, apiServerUrl(addresses), credentials.authority, admin)
  const kubectl = await writeKubectl(folder, binaries, kubeconfig)

  const shared = { binaries, addresses, credentials, signal }
  const nodeOptions = nodeMachines.map((node, index): NodeOptions => {
    const cgroup = `${folder.cgroup}/${node.name}`
    return { ...shared, machine: node, number: index + 1, pauseImage, proxyMode, cgroup }
  })
  const controlPlaneOptions = { ...shared, machine: controlPlane, apiServerFlags }
  const first = await allSettled([
    startApiServer(controlPlaneOptions),
    ...nodeOptions.map(async (options) => [await startContainerd(options)]),
  ])
  progress('the API server is ready')
  if (apiServerOnly) return
  const controllers = await startControllers(controlPlaneOptions)
  const kubelets = await allSettled(nodeOptions.map(startKubelet))
  const programs = [...first, controllers, ...kubelets].flat()
  await untilOrEnded(programs, untilUsable(kubectl, nodes, addresses.dnsService, signal))
  progress('all nodes are Ready')
}

/** Like Promise.all, and waits for the others too before it fails: so nothing starts once we clean up. */
async function allSettled<T>(work: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(work)
  return Promise.all(work)
}

async function describePause(binaries: Binaries): Promise<Image> {
  return buildImage({
    name: 'drainkeeper.local/pause:1',
    layers: [[{ path: '/pause', from: binaries.path('pause') }]],
    entrypoint: ['/pause'],
  })
}

/**
 * A kubectl that talks to this cluster unless `--kubeconfig` tells otherwise. It keeps what it learns about the API server with
 * the cluster: the next one at this address has other resources.
 */
async function writeKubectl(folder: RunFolder, binaries: Binaries, kubeconfig: string): Promise<string> {
  const path = join(folder.path, 'kubectl')
  const defaults = `KUBECONFIG='${kubeconfig}' KUBECACHEDIR='${join(folder.path, 'kubectl-cache')}'`
  await writeFile(path, `#!/bin/sh\n${defaults} exec '${binaries.path('kubectl')}' "$@"\n`, { mode: 0o755 })
  return path
}

/** Nodes are Ready and the first pod can be made: its namespace has its service account. */
async function untilUsable(
  kubectl: string,
  nodes: readonly string[],
  dnsService: string,
  signal: AbortSignal,
): Promise<void> {
  const run = (command: readonly string[], input = '') => runCommand([kubectl, ...command], { signal, input })
  const limit = `--timeout=${START_LIMIT_MS / 1000}s`
  await Promise.all([
    // kubectl can wait for the creation of only one object at a time.
    ...nodes.map(async (node) => {
      await run(['wait', '--for=create', limit, `node/${node}`])
      await run(['wait', '--for=condition=Ready', limit, `node/${node}`])
    }),
    run(['wait', '--for=create', limit, '--namespace=default', 'serviceaccount/default']),
    run(['create', '--filename=-'], JSON.stringify(emptyDnsService(dnsService))),
  ])
}

/** Pods are told to ask this address for names. With no endpoint behind it they are refused at once, and do not wait. */
function emptyDnsService(address: string): unknown {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kube-dns', namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } },
    spec: {
      clusterIP: address,
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP' },
        { name: 'dns-tcp', port: 53, protocol: 'TCP' },
      ],
    },
  }
}

/** Ends what clusters left behind whose maker died. */
async function removeAbandoned(progress: (line: string) => void): Promise<void> {
  for (const folder of await runFolders()) {
    if ((await stateOf(folder)) !== 'abandoned') continue
    progress(`removing an abandoned cluster in 10.${folder.x}.0.0/16`)
    await folder.destroy()
  }
}

async function adopt(kubeconfig: string, signal: AbortSignal, progress: (line: string) => void): Promise<Cluster> {
  for (const folder of await runFolders()) {
    const record = await folder.record()
    if (record?.ready?.kubeconfigPath !== kubeconfig || (await stateOf(folder)) !== 'running') continue
    progress(`adopting the local cluster in 10.${folder.x}.0.0/16`)
    return new LocalCluster(folder, record.nodes, await buildBinaries(signal, progress), false)
  }
  throw new ClusterError('NotRunning', `no local cluster runs with the kubeconfig ${kubeconfig}`)
}
