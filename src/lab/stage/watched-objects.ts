import type { KubeObject } from '../../kube/index.ts'
import type { AppliedContract } from '../result.ts'

/** What a rehearsal keeps of each object that it watches. */

export interface WatchedPod {
  name: string
  uid: string
  node: string
  ip: string
  labels: Record<string, string>
  ready: boolean
  deleting: boolean
  /** Each of its containers has ended. */
  ended: boolean
  /** Of the first container that ended. */
  exitCode: number | undefined
  /** As Kubernetes says it: `Completed`, `Error`, `OOMKilled`. */
  exitReason: string | undefined
  /** What the container left behind: a drain report, where it writes one. */
  terminationMessage: string | undefined
  restarts: number
  graceSeconds: number | undefined
  resourceVersion: string
}

export interface WatchedDeployment {
  name: string
  generation: number
  replicas: number
  observed: boolean
  updated: number
  available: number
  total: number
  revision: number
  raw: KubeObject
}

export interface WatchedPolicy {
  name: string
  generation: number
  resourceVersion: string
  status: PolicyStatus
}

/** What the lab reads of a policy's status. */
export interface PolicyStatus {
  observedGeneration?: number
  summary?: Record<string, string>
  conditions?: { type: string; status: string; reason: string; message: string }[]
  targets?: {
    name: string
    method?: string
    contract?: AppliedContract
    pods?: { total: number; onContract: number; terminating: number }
    propagation?: { samples: number; uninformative: number; bound: string; p50?: string; history?: string }
    drains?: Record<string, number>
    notes?: string[]
    services?: { name: string; apiToSliceP50?: string; warning?: string }[]
  }[]
}

export interface WatchedSlice {
  name: string
  service: string
  /** UIDs of the pods that it says are ready. */
  ready: readonly string[]
}

interface RawPod {
  spec?: { nodeName?: string }
  status?: {
    podIP?: string
    conditions?: { type: string; status: string }[]
    containerStatuses?: {
      restartCount?: number
      state?: { terminated?: { exitCode?: number; reason?: string; message?: string } }
    }[]
  }
}

export function projectPod(raw: KubeObject): WatchedPod {
  const { metadata, spec, status } = raw as KubeObject & RawPod
  const containers = status?.containerStatuses ?? []
  const terminated = containers.find(({ state }) => state?.terminated !== undefined)?.state?.terminated
  return {
    name: metadata.name,
    uid: metadata.uid ?? '',
    node: spec?.nodeName ?? '',
    ip: status?.podIP ?? '',
    labels: metadata.labels ?? {},
    ready: status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true,
    deleting: metadata.deletionTimestamp !== undefined,
    ended: containers.length > 0 && containers.every(({ state }) => state?.terminated !== undefined),
    exitCode: terminated?.exitCode,
    exitReason: terminated?.reason,
    terminationMessage: terminated?.message,
    restarts: Math.max(0, ...containers.map(({ restartCount = 0 }) => restartCount)),
    graceSeconds: metadata.deletionGracePeriodSeconds,
    resourceVersion: metadata.resourceVersion ?? '',
  }
}

interface RawDeployment {
  spec?: { replicas?: number }
  status?: { observedGeneration?: number; updatedReplicas?: number; availableReplicas?: number; replicas?: number }
}

export function projectDeployment(raw: KubeObject): WatchedDeployment {
  const { metadata, spec, status = {} } = raw as KubeObject & RawDeployment
  const generation = metadata.generation ?? 0
  return {
    name: metadata.name,
    generation,
    replicas: spec?.replicas ?? 1,
    observed: (status.observedGeneration ?? 0) >= generation,
    updated: status.updatedReplicas ?? 0,
    available: status.availableReplicas ?? 0,
    total: status.replicas ?? 0,
    revision: Number(metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0),
    raw,
  }
}

export function projectPolicy(raw: KubeObject): WatchedPolicy {
  const { metadata, status = {} } = raw as KubeObject & { status?: PolicyStatus }
  return {
    name: metadata.name,
    generation: metadata.generation ?? 0,
    resourceVersion: metadata.resourceVersion ?? '',
    status,
  }
}

interface RawSlice {
  endpoints?: { conditions?: { ready?: boolean }; targetRef?: { uid?: string } }[]
}

export function projectSlice(raw: KubeObject): WatchedSlice {
  const { metadata, endpoints } = raw as KubeObject & RawSlice
  return {
    name: metadata.name,
    service: metadata.labels?.['kubernetes.io/service-name'] ?? '',
    // The API says: a condition that is not stated is to be taken for true.
    ready: (endpoints ?? []).flatMap(({ conditions, targetRef }) =>
      conditions?.ready === false || targetRef?.uid === undefined ? [] : [targetRef.uid],
    ),
  }
}

/** A condition of a policy by its type. */
export function condition(
  status: PolicyStatus | undefined,
  type: string,
): NonNullable<PolicyStatus['conditions']>[number] | undefined {
  return status?.conditions?.find((each) => each.type === type)
}
