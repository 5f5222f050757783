import { availableParallelism, release, totalmem } from 'node:os'
import { type Clock, isKubeError, type KubeApi, type KubeObject, leases, namespaces, nodes } from '../../kube/index.ts'

export interface NodeHeartbeatOptions {
  readonly node: string
  readonly address: string
  readonly api: KubeApi
  readonly clock: Clock
  readonly kubeletVersion: string
  readonly signal: AbortSignal
  /** Its status and its Lease are there. */
  readonly onAlive: () => void
  readonly onError: (error: unknown) => void
}

const leaseNamespace = 'kube-node-lease'
const leasePeriodMs = 10_000
const leaseDurationSeconds = 40
const statusPeriodMs = 300_000
const againMs = 1000

/** Makes the Node known, and says that it is alive: by its Lease, and now and then by its status. */
export async function keepNodeAlive(options: NodeHeartbeatOptions): Promise<void> {
  const { clock, signal, onAlive, onError } = options
  let statusMs = Number.NEGATIVE_INFINITY
  while (!signal.aborted) {
    let waitMs = leasePeriodMs
    try {
      if (clock.monotonicMs() - statusMs >= statusPeriodMs) {
        await tellStatus(options)
        statusMs = clock.monotonicMs()
      }
      await renewLease(options)
      onAlive()
    } catch (error) {
      if (signal.aborted) return
      onError(error)
      waitMs = againMs
    }
    await clock.sleep(waitMs, signal).catch(() => {})
  }
}

/** Takes care of the Node's first appearance, too. */
async function tellStatus(options: NodeHeartbeatOptions): Promise<void> {
  const { api, node, signal } = options
  const platform = { 'kubernetes.io/arch': architecture(), 'kubernetes.io/os': process.platform }
  const labels = { ...platform, 'kubernetes.io/hostname': node }
  try {
    await api.create(nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name: node, labels } }, { signal })
  } catch (error) {
    if (!isKubeError(error, 'Conflict')) throw error
  }
  await api.mergePatch(nodes, { name: node }, { status: statusOf(options) }, { subresource: 'status', signal })
}

function statusOf({ node, address, clock, kubeletVersion }: NodeHeartbeatOptions): object {
  const now = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z')
  const condition = (type: string, status: 'True' | 'False', reason: string, message: string): object => ({
    type,
    status,
    reason,
    message,
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  })
  const size = { cpu: String(availableParallelism()), memory: `${Math.floor(totalmem() / 1024)}Ki`, pods: '110' }
  return {
    addresses: [
      { type: 'InternalIP', address },
      { type: 'Hostname', address: node },
    ],
    capacity: size,
    allocatable: size,
    conditions: [
      condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
      condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
      condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
      condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
    ],
    nodeInfo: {
      architecture: architecture(),
      bootID: '',
      containerRuntimeVersion: `process://${process.versions.node}`,
      kernelVersion: release(),
      kubeProxyVersion: '',
      kubeletVersion,
      machineID: '',
      operatingSystem: process.platform,
      osImage: 'drainkeeper embedded cluster',
      systemUUID: '',
    },
  }
}

async function renewLease({ api, node, clock, signal }: NodeHeartbeatOptions): Promise<void> {
  const renewTime = new Date(clock.now()).toISOString().replace('Z', '000Z')
  const ref = { namespace: leaseNamespace, name: node }
  try {
    await api.mergePatch(leases, ref, { spec: { renewTime } }, { signal })
  } catch (error) {
    if (!isKubeError(error, 'NotFound')) throw error
    await ensureNamespace(api, signal)
    const spec = { holderIdentity: node, leaseDurationSeconds, renewTime }
    const lease: KubeObject = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: ref }
    await api.create(leases, { ...lease, spec } as KubeObject, { signal })
  }
}

async function ensureNamespace(api: KubeApi, signal: AbortSignal): Promise<void> {
  try {
    await api.create(
      namespaces,
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: leaseNamespace } },
      { signal },
    )
  } catch (error) {
    if (!isKubeError(error, 'Conflict')) throw error
  }
}

function architecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch
}
