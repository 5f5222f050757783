import { ageColumn, type Column, nameColumn, since, text, wide } from './column.ts'

interface ContainerState {
  waiting?: { reason?: string }
  running?: object
  terminated?: { exitCode?: number; signal?: number; reason?: string; finishedAt?: string }
}

interface ContainerStatus {
  name: string
  ready?: boolean
  started?: boolean
  restartCount?: number
  state?: ContainerState
  lastState?: ContainerState
}

interface Container {
  name: string
  restartPolicy?: string
}

interface Condition {
  type: string
  status: string
  reason?: string
}

interface Pod {
  metadata: { deletionTimestamp?: string }
  spec: {
    containers: Container[]
    initContainers?: Container[]
    nodeName?: string
    readinessGates?: { conditionType: string }[]
  }
  status?: {
    phase?: string
    reason?: string
    podIP?: string
    podIPs?: { ip: string }[]
    nominatedNodeName?: string
    conditions?: Condition[]
    containerStatuses?: ContainerStatus[]
    initContainerStatuses?: ContainerStatus[]
  }
}

/** What the cells tell of the containers. */
interface Summary {
  readonly reason: string
  readonly ready: number
  readonly total: number
  readonly restarts: number
  readonly lastRestart: string | undefined
}

const none = '<none>'

export const podColumns: readonly Column[] = [
  nameColumn,
  text('Ready', (pod: Pod) => {
    const { ready, total } = summaryOf(pod)
    return `${ready}/${total}`
  }),
  text('Status', (pod: Pod) => summaryOf(pod).reason),
  text('Restarts', (pod: Pod, nowMs) => {
    const { restarts, lastRestart } = summaryOf(pod)
    return restarts === 0 || lastRestart === undefined
      ? String(restarts)
      : `${restarts} (${since(lastRestart, nowMs)} ago)`
  }),
  ageColumn,
  wide(text('IP', ({ status }: Pod) => status?.podIPs?.[0]?.ip ?? (status?.podIP || none))),
  wide(text('Node', ({ spec }: Pod) => spec.nodeName || none)),
  wide(text('Nominated Node', ({ status }: Pod) => status?.nominatedNodeName || none)),
  wide(text('Readiness Gates', gatesOf)),
]

function gatesOf({ spec, status }: Pod): string {
  const gates = spec.readinessGates ?? []
  if (gates.length === 0) return none
  const open = gates.filter(({ conditionType }) => isTrue(status?.conditions, conditionType))
  return `${open.length}/${gates.length}`
}

function isTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return conditions?.some((condition) => condition.type === type && condition.status === 'True') === true
}

/** One word for the state of a pod: that of the container that says most about it. */
function summaryOf(pod: Pod): Summary {
  const { status = {} } = pod
  const sidecars = new Set((pod.spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name))
  const init = initSummary(pod, sidecars)
  let summary: Summary = init
  if (init.initializing === undefined || isTrue(status.conditions, 'Initialized')) summary = mainSummary(pod, init)
  const reason = endingReason(pod) ?? (summary === init ? (init.initializing ?? init.reason) : summary.reason)
  return { ...summary, reason, total: pod.spec.containers.length + sidecars.size }
}

function endingReason({ metadata, status = {} }: Pod): string | undefined {
  if (metadata.deletionTimestamp === undefined) return undefined
  if (status.reason === 'NodeLost') return 'Unknown'
  return status.phase === 'Failed' || status.phase === 'Succeeded' ? undefined : 'Terminating'
}

interface InitSummary extends Summary {
  /** Set while init containers are not done: what the status says then. */
  readonly initializing: string | undefined
  /** Restarts of sidecars alone: what counts once the pod is initialized. */
  readonly sidecarRestarts: number
  readonly lastSidecarRestart: string | undefined
}

function initSummary({ spec, status = {} }: Pod, sidecars: ReadonlySet<string>): InitSummary {
  let ready = 0
  let initializing: string | undefined
  const seen: ContainerStatus[] = []
  for (const [index, container] of (status.initContainerStatuses ?? []).entries()) {
    seen.push(container)
    const { state = {} } = container
    if (state.terminated?.exitCode === 0) continue
    if (sidecars.has(container.name) && container.started === true) {
      if (container.ready === true) ready++
      continue
    }
    initializing = initReason(state, index, spec.initContainers?.length ?? 0)
    break
  }
  const ofSidecars = seen.filter(({ name }) => sidecars.has(name))
  const isGated = status.conditions?.some(({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated')
  return {
    reason: isGated === true ? 'SchedulingGated' : status.reason || status.phase || '',
    ready,
    total: 0,
    restarts: restartsOf(seen),
    lastRestart: lastRestartOf(seen),
    initializing,
    sidecarRestarts: restartsOf(ofSidecars),
    lastSidecarRestart: lastRestartOf(ofSidecars),
  }
}

function initReason({ terminated, waiting }: ContainerState, index: number, total: number): string {
  if (terminated !== undefined) return `Init:${exitReason(terminated)}`
  const reason = waiting?.reason
  return reason && reason !== 'PodInitializing' ? `Init:${reason}` : `Init:${index}/${total}`
}

function mainSummary({ status = {} }: Pod, init: InitSummary): Summary {
  const containers = status.containerStatuses ?? []
  let { reason, ready } = init
  let isRunning = false
  let errorReason: string | undefined
  for (const { state = {}, ready: isReady } of containers.toReversed()) {
    if (state.waiting?.reason) reason = state.waiting.reason
    else if (state.terminated !== undefined) {
      reason = exitReason(state.terminated)
      if (state.terminated.exitCode !== 0) errorReason = reason
    } else if (isReady === true && state.running !== undefined) {
      isRunning = true
      ready++
    }
  }
  // A container that has ended beside one that runs does not make the pod complete.
  if (reason === 'Completed') {
    if (isRunning && isTrue(status.conditions, 'Ready')) reason = 'Running'
    else if (errorReason !== undefined) reason = errorReason
    else if (isRunning) reason = 'NotReady'
  }
  return {
    reason,
    ready,
    total: 0,
    restarts: init.sidecarRestarts + restartsOf(containers),
    lastRestart: latest([init.lastSidecarRestart, lastRestartOf(containers)]),
  }
}

function exitReason({ reason, signal, exitCode = 0 }: NonNullable<ContainerState['terminated']>): string {
  return reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`)
}

function restartsOf(containers: readonly ContainerStatus[]): number {
  return containers.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0)
}

function lastRestartOf(containers: readonly ContainerStatus[]): string | undefined {
  return latest(containers.map(({ lastState }) => lastState?.terminated?.finishedAt))
}

/** Times as text sort as times. */
function latest(times: readonly (string | undefined)[]): string | undefined {
  return times
    .filter((time) => time !== undefined)
    .sort()
    .at(-1)
}

function isSidecar({ restartPolicy }: Container): boolean {
  return restartPolicy === 'Always'
}
