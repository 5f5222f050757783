import { conditionsOf } from './conditions.ts'
import { phaseOf } from './phase.ts'
import type { ContainerStatus, Pod, PodStatus } from './pod.ts'

/** What a kubelet knows of a pod besides the API's object. */
export interface PodView {
  readonly hostIp: string
  /** Absent until a container has run. */
  readonly podIp: string | undefined
  readonly startTime: string
  /** The pod has its network. */
  readonly sandbox: boolean
  readonly initContainers: readonly ContainerStatus[]
  readonly containers: readonly ContainerStatus[]
  /** No container runs, and none is started any more. */
  readonly ended: boolean
  /** Why the kubelet itself has ended the pod. */
  readonly failure: { readonly reason: string; readonly message: string } | undefined
}

/**
 * The status of a pod. A phase that is terminal is not told before the last container has ended; that the pod is no
 * longer ready is told at once.
 */
export function podStatusOf(pod: Pod, view: PodView, nowIso: string): PodStatus {
  const present = pod.status ?? {}
  const statuses = [...view.initContainers, ...view.containers]
  const known = present.phase === 'Succeeded' || present.phase === 'Failed' ? present.phase : undefined
  const reached = view.failure === undefined ? phaseOf(pod.spec, statuses, view.ended) : 'Failed'
  // A pod that never ran has failed when it ends.
  const phase = known ?? (view.ended && reached === 'Pending' ? 'Failed' : reached)
  const early = view.failure !== undefined && !view.ended
  const over = !early && (phase === 'Succeeded' || phase === 'Failed')
  const { generation } = pod.metadata
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    phase: early ? (present.phase ?? 'Pending') : phase,
    ...(early ? {} : view.failure),
    conditions: conditionsOf(present.conditions ?? [], {
      spec: pod.spec,
      statuses,
      phase,
      sandbox: view.sandbox && !over,
      generation,
      nowIso,
    }),
    hostIP: view.hostIp,
    hostIPs: [{ ip: view.hostIp }],
    ...(view.podIp === undefined ? {} : { podIP: view.podIp, podIPs: [{ ip: view.podIp }] }),
    startTime: view.startTime,
    resources: {},
    ...(view.initContainers.length === 0 ? {} : { initContainerStatuses: view.initContainers }),
    containerStatuses: view.containers,
  }
}

/** RFC 7386: what has to be written so that `present` becomes `next`; undefined when nothing. */
export function statusPatch(present: PodStatus, next: PodStatus): Record<string, unknown> | undefined {
  const changed: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(next)) {
    if (!same(value, present[key as keyof PodStatus])) changed[key] = value
  }
  for (const key of ['reason', 'message'] as const) {
    if (present[key] !== undefined && next[key] === undefined) changed[key] = null
  }
  return Object.keys(changed).length === 0 ? undefined : changed
}

/** Whatever the order of keys. */
function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  )
}
