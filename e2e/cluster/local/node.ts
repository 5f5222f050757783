import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { ClusterError } from '../cluster-error.ts'
import { type Image, fullName, imageArchive } from '../image.ts'
import type { Addresses } from './addresses.ts'
import type { Binaries } from './binaries.ts'
import { makeCgroup } from './cgroups.ts'
import { type Credentials, writeKubeconfig } from './certificates.ts'
import { apiServerUrl, untilOrEnded } from './control-plane.ts'
import type { Machine, Program } from './machine.ts'
import { CNI_FOLDERS } from './packages.ts'

export type ProxyMode = 'nftables' | 'iptables'

export interface NodeOptions {
  readonly machine: Machine
  /** Counted from 1. */
  readonly number: number
  readonly binaries: Binaries
  readonly addresses: Addresses
  readonly credentials: Credentials
  readonly pauseImage: Image
  readonly proxyMode: ProxyMode
  /** Control group below which all of the node's pods are. */
  readonly cgroup: string
  readonly signal: AbortSignal
}

/** In the machine's own /run, where its programs look for it by default. */
const SOCKET = '/run/containerd/containerd.sock'

/** Starts containerd, and resolves when it answers and has the sandbox image. Needs no API server. */
export async function startContainerd(options: NodeOptions): Promise<Program> {
  const { machine, binaries, signal } = options
  const config = join(machine.folder, 'containerd.toml')
  const network = join(machine.folder, 'cni')
  await mkdir(network)
  await writeFile(join(network, '10-pods.conflist'), JSON.stringify(podNetworkConfig(options)))
  await writeFile(config, containerdConfig(machine.folder, network, fullName(options.pauseImage.name)))
  const containerd = await machine.startProgram('containerd', [binaries.path('containerd'), '--config', config])
  await untilOrEnded([containerd], untilAnswers(options))
  await untilOrEnded([containerd], importImage(machine, binaries, options.pauseImage, signal))
  return containerd
}

/** Starts kubelet and kube-proxy. containerd and the API server have to be ready. */
export async function startKubelet(options: NodeOptions): Promise<readonly Program[]> {
  const { machine, binaries, addresses, credentials, number } = options
  const server = apiServerUrl(addresses)
  const kubeletFolder = join(machine.folder, 'kubelet')
  const config = join(machine.folder, 'kubelet.json')
  await makeCgroup(options.cgroup)
  await mkdir(kubeletFolder)
  await writeFile(join(machine.folder, 'resolv.conf'), '')
  await writeFile(config, JSON.stringify(kubeletConfig(options)))
  const kubeletIdentity = credentials.identity(`system:node:${machine.name}`)
  const kubeletAccess = join(machine.folder, 'kubelet.kubeconfig')
  await writeKubeconfig(kubeletAccess, server, credentials.authority, kubeletIdentity)
  const proxyIdentity = credentials.identity('system:kube-proxy')
  const proxyAccess = join(machine.folder, 'kube-proxy.kubeconfig')
  await writeKubeconfig(proxyAccess, server, credentials.authority, proxyIdentity)
  return [
    await machine.startProgram('kubelet', [
      binaries.path('kubelet'),
      `--config=${config}`,
      `--kubeconfig=${kubeletAccess}`,
      `--hostname-override=${machine.name}`,
      `--node-ip=${addresses.node(number)}`,
      `--root-dir=${kubeletFolder}`,
      `--cert-dir=${join(kubeletFolder, 'pki')}`,
    ]),
    await machine.startProgram('kube-proxy', [
      binaries.path('kube-proxy'),
      `--kubeconfig=${proxyAccess}`,
      `--hostname-override=${machine.name}`,
      `--proxy-mode=${options.proxyMode}`,
      `--cluster-cidr=${addresses.podNetwork}`,
      // The kernel's limits belong to the whole machine: they are left alone.
      '--conntrack-max-per-core=0',
      '--conntrack-tcp-timeout-established=0',
      '--conntrack-tcp-timeout-close-wait=0',
    ]),
  ]
}

/** Makes the image known to the node's containerd, under its full name. */
export async function importImage(
  machine: Machine,
  binaries: Binaries,
  image: Image,
  signal?: AbortSignal,
): Promise<void> {
  const input = imageArchive(image)
  await machine.run([binaries.path('ctr'), '--namespace', 'k8s.io', 'images', 'import', '--local', '-'], {
    input,
    ...(signal === undefined ? {} : { signal }),
  })
}

/** The process of a container inside its machine, as containerd knows it. */
export async function containerProcess(machine: Machine, binaries: Binaries, id: string): Promise<number> {
  const table = await machine.run([binaries.path('ctr'), '--namespace', 'k8s.io', 'tasks', 'list'])
  const row = table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find(([task]) => task === id)
  if (row?.[1] === undefined || row[2] !== 'RUNNING')
    throw new ClusterError('NotRunning', `the container ${id} does not run on ${machine.name}`)
  return Number(row[1])
}

async function untilAnswers({ machine, binaries, signal }: NodeOptions): Promise<void> {
  for (;;) {
    try {
      await machine.run([binaries.path('ctr'), '--connect-timeout', '2s', 'version'], { signal })
      return
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof ClusterError) || error.code !== 'CommandFailed') throw error
      await pause(100, undefined, { signal })
    }
  }
}

/** Pods hang on links of their own to the node, which routes: it works without a bridge and its kernel module. */
function podNetworkConfig({ machine, number, addresses }: NodeOptions): unknown {
  const ipam = {
    type: 'host-local',
    ranges: [[{ subnet: addresses.podRange(number) }]],
    routes: [{ dst: '0.0.0.0/0' }],
    dataDir: join(machine.folder, 'addresses'),
  }
  const portmap = { type: 'portmap', capabilities: { portMappings: true } }
  return { cniVersion: '1.0.0', name: 'pods', plugins: [{ type: 'ptp', ipam }, portmap] }
}

function containerdConfig(folder: string, network: string, sandboxImage: string): string {
  const runtime = `plugins.'io.containerd.cri.v1.runtime'`
  return `version = 3
root = '${join(folder, 'containerd')}'
state = '/run/containerd'
disabled_plugins = ['io.containerd.nri.v1.nri']

[grpc]
  address = '${SOCKET}'

[plugins.'io.containerd.internal.v1.opt']
  path = '${join(folder, 'opt')}'

[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = '${sandboxImage}'

[${runtime}]
  # Without CAP_SYS_RESOURCE a score below our own may not be set, and runc fails.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true

[${runtime}.cni]
  bin_dirs = [${CNI_FOLDERS.map((path) => `'${path}'`).join(', ')}]
  conf_dir = '${network}'
  use_internal_loopback = true
`
}

/** A KubeletConfiguration that takes the machine as it is: any cgroup version, swap, no limits of its own. */
function kubeletConfig({ machine, addresses, credentials, cgroup }: NodeOptions): unknown {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    containerRuntimeEndpoint: `unix://${SOCKET}`,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: credentials.file('ca.crt') },
    },
    authorization: { mode: 'Webhook' },
    clusterDNS: [addresses.dnsService],
    clusterDomain: 'cluster.local',
    resolvConf: join(machine.folder, 'resolv.conf'),
    podLogsDir: join(machine.folder, 'pod-logs'),
    volumePluginDir: join(machine.folder, 'volume-plugins'),
    cgroupDriver: 'cgroupfs',
    cgroupRoot: cgroup,
    cgroupsPerQOS: true,
    enforceNodeAllocatable: [],
    failCgroupV1: false,
    failSwapOn: false,
    localStorageCapacityIsolation: false,
    // A full disk of the developer is no reason to evict pods or to delete images that cannot be pulled again.
    evictionHard: { 'memory.available': '0%', 'nodefs.available': '0%', 'imagefs.available': '0%' },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
  }
}
