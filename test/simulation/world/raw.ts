import type { KubeObject } from '../../../src/kube/index.ts'

/** The parts of stored objects that the simulation itself looks at. */

export interface RawContainer {
  name: string
  image?: string
  lifecycle?: { preStop?: RawHook }
  readinessProbe?: object
  [field: string]: unknown
}

export interface RawHook {
  sleep?: { seconds: number }
  httpGet?: { path?: string; port?: string | number }
  exec?: { command?: string[] }
}

export interface RawPodSpec {
  terminationGracePeriodSeconds?: number
  containers: RawContainer[]
  nodeName?: string
  [field: string]: unknown
}

export interface RawTemplate {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> }
  spec: RawPodSpec
}

export interface RawDeployment extends KubeObject {
  spec: {
    replicas?: number
    paused?: boolean
    minReadySeconds?: number
    progressDeadlineSeconds?: number
    strategy?: { rollingUpdate?: { maxSurge?: number | string; maxUnavailable?: number | string } }
    selector?: object
    template: RawTemplate
  }
  status?: {
    observedGeneration?: number
    replicas?: number
    updatedReplicas?: number
    availableReplicas?: number
    readyReplicas?: number
    conditions?: { type: string; status: string; reason?: string }[]
  }
}

export interface RawPod extends KubeObject {
  spec: RawPodSpec
  status?: {
    phase?: string
    podIP?: string
    conditions?: { type: string; status: string; lastTransitionTime?: string }[]
    containerStatuses?: object[]
  }
}

export interface RawService extends KubeObject {
  spec: { selector?: Record<string, string>; ports?: object[]; publishNotReadyAddresses?: boolean }
}

export function isReady({ status }: RawPod): boolean {
  return status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true
}

/** Wall time since when it is ready, in whole seconds as Kubernetes knows it; undefined while it is not. */
export function readySinceMs({ status }: RawPod): number | undefined {
  const ready = status?.conditions?.find(({ type, status }) => type === 'Ready' && status === 'True')
  return ready?.lastTransitionTime === undefined ? undefined : Date.parse(ready.lastTransitionTime)
}

/** No pod of an older template is left, as far as the Deployment controller has told. */
export function isRolledOut({ metadata, status = {} }: RawDeployment): boolean {
  const isObserved = (status.observedGeneration ?? 0) >= (metadata.generation ?? 0)
  return isObserved && (status.updatedReplicas ?? 0) === (status.replicas ?? 0)
}

export function isTerminating({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined
}

/** Wall time as Kubernetes writes it. */
export function timestamp(wallMs: number): string {
  return new Date(wallMs).toISOString().replace(/\.\d+Z$/, 'Z')
}
