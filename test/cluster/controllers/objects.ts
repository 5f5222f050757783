import { sizeAnnotations } from '../../../src/cluster/controllers/deployment/revisions.ts'
import type {
  Deployment,
  DeploymentStatus,
  IntOrPercent,
  Node,
  Pod,
  PodSpec,
  PodStatus,
  PodTemplate,
  ReplicaSet,
  Service,
} from '../../../src/cluster/controllers/shared/objects.ts'
import { timestamp } from '../../../src/cluster/controllers/shared/timestamps.ts'
import type { ObjectMeta } from '../../../src/kube/index.ts'

/** Wall time of the tests. */
export const nowMs = Date.UTC(2026, 0, 1, 12)

export const template: PodTemplate = {
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }] }] },
}

export interface DeploymentParts {
  replicas?: number
  maxSurge?: IntOrPercent
  maxUnavailable?: IntOrPercent
  recreate?: boolean
  spec?: Partial<Deployment['spec']>
  status?: DeploymentStatus
  metadata?: Partial<ObjectMeta>
}

export function deployment(parts: DeploymentParts = {}): Deployment {
  const { replicas = 10, maxSurge = '25%', maxUnavailable = '25%', recreate = false, spec, status, metadata } = parts
  return {
    metadata: { namespace: 'shop', name: 'web', uid: 'deployment', generation: 1, ...metadata },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      strategy: recreate
        ? { type: 'Recreate' }
        : { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
      template,
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 10,
      ...spec,
    },
    ...(status === undefined ? {} : { status }),
  }
}

export interface ReplicaSetParts {
  /** Minutes before now. */
  age?: number
  available?: number
  status?: ReplicaSet['status']
  /** The Deployment whose size it was made for. */
  sizedFor?: Deployment
  metadata?: Partial<ObjectMeta>
  spec?: Partial<ReplicaSet['spec']>
}

export function replicaSet(name: string, replicas: number, parts: ReplicaSetParts = {}): ReplicaSet {
  const { age = 0, available = replicas, status, sizedFor, metadata, spec } = parts
  return {
    metadata: {
      namespace: 'shop',
      name,
      uid: name,
      generation: 1,
      creationTimestamp: timestamp(nowMs - age * 60_000),
      ...(sizedFor === undefined ? {} : { annotations: { ...sizeAnnotations(sizedFor) } }),
      ...metadata,
    },
    spec: { replicas, selector: { matchLabels: { app: 'web' } }, template, ...spec },
    status: status ?? { replicas, readyReplicas: available, availableReplicas: available, observedGeneration: 1 },
  }
}

export interface PodParts {
  ready?: boolean
  /** Minutes before now since when it is ready or not. */
  since?: number
  /** Minutes before now. */
  age?: number
  node?: string
  phase?: string
  restarts?: number
  ip?: string
  owner?: string
  metadata?: Partial<ObjectMeta>
  spec?: Partial<PodSpec>
  status?: Partial<PodStatus>
}

export function pod(name: string, parts: PodParts = {}): Pod {
  const { ready = true, since = 5, age = 10, node = 'node-1', phase = 'Running', restarts = 0, ip = '10.0.0.1' } = parts
  const { owner, metadata, spec, status } = parts
  return {
    metadata: {
      namespace: 'shop',
      name,
      uid: name,
      labels: { app: 'web' },
      creationTimestamp: timestamp(nowMs - age * 60_000),
      ...(owner === undefined
        ? {}
        : {
            ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, uid: owner, controller: true }],
          }),
      ...metadata,
    },
    spec: { ...template.spec, nodeName: node, ...spec },
    status: {
      phase,
      podIP: ip,
      podIPs: [{ ip }],
      conditions: [
        { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: timestamp(nowMs - since * 60_000) },
      ],
      containerStatuses: [{ name: 'web', restartCount: restarts }],
      ...status,
    },
  }
}

export function node(name: string, spec: Node['spec'] = {}, labels: Record<string, string> = {}): Node {
  return {
    metadata: { name, uid: name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec,
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  }
}

export function service(spec: Partial<Service['spec']> = {}, metadata: Partial<ObjectMeta> = {}): Service {
  return {
    metadata: { namespace: 'shop', name: 'web', uid: 'service', ...metadata },
    spec: {
      clusterIP: '10.96.0.10',
      ipFamilies: ['IPv4'],
      selector: { app: 'web' },
      ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 'http' }],
      ...spec,
    },
  }
}
