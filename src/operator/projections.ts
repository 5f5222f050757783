import { type DrainPolicy, type DrainPolicySpec, specSchema } from '../api/index.ts'
import {
  type DeploymentView,
  DRAIN_PORT_NAME,
  isTemplateLastOurs,
  type PodContractView,
  projectDeployment,
  projectPodContract,
} from '../contract/index.ts'
import { hasLabels, type KubeObject } from '../kube/index.ts'
import { type PaceView, projectPaceView } from './pace/pace-view.ts'
import { readStatus } from './read-status.ts'

/** What is kept of each object that is watched: only what measuring and deciding need. */

export interface DeploymentFacts {
  view: DeploymentView
  labels: Record<string, string>
  /** `spec.selector.matchLabels`. */
  selector: Record<string, string>
  /** Labels of the pod template: what Services select by. */
  podLabels: Record<string, string>
  resourceVersion: string
  rollout: {
    desired: number
    updated: number
    available: number
    total: number
    observed: boolean
    paused: boolean
    /** The last who changed the template is us: pods are replaced because of our contract. */
    ours: boolean
  }
  pace: PaceView
}

export interface PodFacts {
  namespace: string
  name: string
  uid: string
  /** The Deployment that it belongs to, by the name of its ReplicaSet. */
  deployment: string
  /** Of its template: label `pod-template-hash`. */
  hash: string
  labels: Record<string, string>
  contract: PodContractView
  /** Wall time, ISO 8601, whole seconds: when the grace period ends. */
  deletionTimestamp?: string
  deletionGracePeriodSeconds?: number
  /** Routing may send to it. */
  ready: boolean
  /** Since when it is ready; absent while it is not. Wall time, whole seconds. */
  readySinceMs?: number
  /** When its node took it on. Wall time, whole seconds. */
  startedMs?: number
  podIP?: string
  /** Of the containers that declare the port `drain`, where its counters are; of all of them when none does. */
  restarts: number
  /** A container of it has run. */
  hasRun: boolean
  terminated: TerminatedContainer[]
}

export interface TerminatedContainer {
  container: string
  exitCode: number
  signal?: number
  reason?: string
  message?: string
  startedAt?: string
  finishedAt?: string
}

/** terminating: routing is told to let go, because the pod was deleted. notReady: for any other reason. */
export type EndpointState = 'ready' | 'notReady' | 'terminating'

export interface SliceFacts {
  namespace: string
  name: string
  service: string
  /** UID of each pod in the slice -> what routing is told of it. */
  endpoints: Record<string, EndpointState>
}

export interface ServiceFacts {
  namespace: string
  name: string
  selector: Record<string, string>
  targetPorts: (string | number)[]
  /** Routing goes on to pods that are not ready: it never lets go of a terminating pod. */
  publishNotReadyAddresses: boolean
  headless: boolean
}

/** A policy whose spec this version cannot read (a newer CRD, or one written past validation) carries the reason. */
export type PolicyFacts = PolicyHead &
  ({ spec: DrainPolicySpec; unreadable?: never } | { spec?: never; unreadable: string })
type PolicyHead = Omit<DrainPolicy, 'spec'>

/** Reads a path of plain objects; anything else on the way is undefined. */
function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined),
    value,
  )
}
const numberAt = (value: unknown, ...path: string[]): number => {
  const found = at(value, ...path)
  return typeof found === 'number' ? found : 0
}
const textAt = (value: unknown, ...path: string[]): string | undefined => {
  const found = at(value, ...path)
  return typeof found === 'string' ? found : undefined
}
const timeAt = (value: unknown, ...path: string[]): number | undefined => {
  const ms = Date.parse(textAt(value, ...path) ?? '')
  return Number.isNaN(ms) ? undefined : ms
}
const labelsAt = (value: unknown, ...path: string[]): Record<string, string> =>
  (at(value, ...path) ?? {}) as Record<string, string>
const listAt = (value: unknown, ...path: string[]): unknown[] => {
  const found = at(value, ...path)
  return Array.isArray(found) ? found : []
}

export function projectPolicy(raw: KubeObject): PolicyFacts {
  const { name, namespace = '', uid = '', generation = 0, resourceVersion = '', creationTimestamp = '' } = raw.metadata
  const spec = specSchema.safeParse(at(raw, 'spec'))
  const head: PolicyHead = {
    namespace,
    name,
    uid,
    generation,
    resourceVersion,
    creationTimestamp,
    status: readStatus(at(raw, 'status') ?? {}),
  }
  if (!spec.success) {
    const issue = spec.error.issues[0]
    return { ...head, unreadable: `spec.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not readable'}` }
  }
  return { ...head, spec: spec.data }
}

export function projectDeploymentFacts(raw: KubeObject): DeploymentFacts {
  const view = projectDeployment(raw)
  return {
    view,
    labels: raw.metadata.labels ?? {},
    selector: labelsAt(raw, 'spec', 'selector', 'matchLabels'),
    podLabels: labelsAt(raw, 'spec', 'template', 'metadata', 'labels'),
    resourceVersion: raw.metadata.resourceVersion ?? '',
    rollout: {
      desired: view.replicas,
      updated: numberAt(raw, 'status', 'updatedReplicas'),
      available: numberAt(raw, 'status', 'availableReplicas'),
      total: numberAt(raw, 'status', 'replicas'),
      observed: numberAt(raw, 'status', 'observedGeneration') >= (raw.metadata.generation ?? 0),
      paused: view.paused,
      ours: isTemplateLastOurs(at(raw, 'metadata', 'managedFields')),
    },
    pace: projectPaceView(raw),
  }
}

/** Drops pods that are not of a Deployment: a ReplicaSet is named after its Deployment and the template's hash. */
export function projectPod(raw: KubeObject): PodFacts | undefined {
  const { metadata } = raw
  const owner = metadata.ownerReferences?.find((reference) => reference.controller === true)
  const hash = metadata.labels?.['pod-template-hash']
  if (owner?.kind !== 'ReplicaSet' || hash === undefined || !owner.name.endsWith(`-${hash}`)) return undefined
  const containers = listAt(raw, 'status', 'containerStatuses')
  const ready = listAt(raw, 'status', 'conditions').find((condition) => isReady(condition))
  const readySinceMs = timeAt(ready, 'lastTransitionTime')
  const startedMs = timeAt(raw, 'status', 'startTime')
  const podIP = textAt(raw, 'status', 'podIP')
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid ?? '',
    deployment: owner.name.slice(0, -hash.length - 1),
    hash,
    labels: metadata.labels ?? {},
    contract: projectPodContract(raw),
    ...(metadata.deletionTimestamp === undefined ? {} : { deletionTimestamp: metadata.deletionTimestamp }),
    ...(metadata.deletionGracePeriodSeconds === undefined
      ? {}
      : { deletionGracePeriodSeconds: metadata.deletionGracePeriodSeconds }),
    ready: ready !== undefined,
    ...(readySinceMs === undefined ? {} : { readySinceMs }),
    ...(startedMs === undefined ? {} : { startedMs }),
    ...(podIP === undefined ? {} : { podIP }),
    restarts: restartsOf(raw, containers),
    hasRun: containers.some((status) => hasRun(status)),
    terminated: containers.flatMap((status) => projectTerminated(status)),
  }
}

function isReady(condition: unknown): boolean {
  return textAt(condition, 'type') === 'Ready' && textAt(condition, 'status') === 'True'
}

function restartsOf(raw: KubeObject, statuses: readonly unknown[]): number {
  const drains = listAt(raw, 'spec', 'containers')
    .filter((container) => listAt(container, 'ports').some((port) => textAt(port, 'name') === DRAIN_PORT_NAME))
    .map((container) => textAt(container, 'name'))
  return statuses
    .filter((status) => drains.length === 0 || drains.includes(textAt(status, 'name')))
    .reduce<number>((sum, status) => sum + numberAt(status, 'restartCount'), 0)
}

function hasRun(status: unknown): boolean {
  return (
    at(status, 'state', 'running') !== undefined || textAt(status, 'state', 'terminated', 'startedAt') !== undefined
  )
}

function projectTerminated(status: unknown): TerminatedContainer[] {
  const ended = at(status, 'state', 'terminated')
  if (ended === undefined) return []
  const texts = Object.fromEntries(
    ['reason', 'message', 'startedAt', 'finishedAt'].flatMap((key) => {
      const text = textAt(ended, key)
      return text === undefined ? [] : [[key, text]]
    }),
  )
  const signal = numberAt(ended, 'signal')
  return [
    {
      container: textAt(status, 'name') ?? '',
      exitCode: numberAt(ended, 'exitCode'),
      ...(signal === 0 ? {} : { signal }),
      ...texts,
    },
  ]
}

export function projectSlice(raw: KubeObject): SliceFacts | undefined {
  const service = raw.metadata.labels?.['kubernetes.io/service-name']
  if (service === undefined) return undefined
  const endpoints: Record<string, EndpointState> = {}
  for (const endpoint of listAt(raw, 'endpoints')) {
    const uid = textAt(endpoint, 'targetRef', 'uid')
    if (uid === undefined) continue
    const ready = at(endpoint, 'conditions', 'ready') !== false
    const terminating = at(endpoint, 'conditions', 'terminating') === true
    endpoints[uid] = ready ? 'ready' : terminating ? 'terminating' : 'notReady'
  }
  return { namespace: raw.metadata.namespace ?? '', name: raw.metadata.name, service, endpoints }
}

export function projectService(raw: KubeObject): ServiceFacts {
  return {
    namespace: raw.metadata.namespace ?? '',
    name: raw.metadata.name,
    selector: labelsAt(raw, 'spec', 'selector'),
    targetPorts: listAt(raw, 'spec', 'ports').flatMap((port) => {
      const target = at(port, 'targetPort') ?? at(port, 'port')
      return typeof target === 'string' || typeof target === 'number' ? [target] : []
    }),
    publishNotReadyAddresses: at(raw, 'spec', 'publishNotReadyAddresses') === true,
    headless: textAt(raw, 'spec', 'clusterIP') === 'None',
  }
}

/** Whether `labels` have everything that `selector` asks; an empty selector selects nothing. */
export function selectsByEquality(selector: Record<string, string>, labels: Record<string, string>): boolean {
  return Object.keys(selector).length > 0 && hasLabels(selector, labels)
}

/** Whether version `a` is at least version `b`: comparable integers since KEP-5504, by length and then by digits. */
export function isAtLeast(a: string, b: string): boolean {
  return a.length === b.length ? a >= b : a.length > b.length
}
