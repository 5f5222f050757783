import type { DrainPolicySpecInput, DrainPolicyStatus } from '../../src/api/index.ts'
import type { KubeObject } from '../../src/kube/index.ts'
import type { Facts, TargetFacts } from '../../src/operator/gather.ts'
import { measurementOf } from '../../src/operator/measurement.ts'
import {
  type PodFacts,
  projectDeploymentFacts,
  projectPod,
  projectPolicy,
  projectService,
  type ServiceFacts,
} from '../../src/operator/projections.ts'
import type { WindowEntry } from '../../src/propagation/index.ts'

/** A policy as the API server has it. */
export function policyOf(
  spec: Partial<Record<keyof DrainPolicySpecInput, unknown>> = {},
  status: DrainPolicyStatus = {},
): Facts['policy'] {
  const target = spec.selector === undefined ? { targetRef: { name: 'checkout' } } : {}
  const metadata = {
    namespace: 'shop',
    name: 'checkout',
    uid: 'policy-1',
    generation: 3,
    resourceVersion: '7',
    creationTimestamp: '2026-01-01T00:00:00Z',
  }
  return projectPolicy({ metadata, spec: { ...target, ...spec }, status } as KubeObject)
}

export interface Template {
  name?: string
  graceSeconds?: number
  /** Seconds of a preStop sleep. */
  sleepSeconds?: number
  /** Who owns what is stated above. @default drainkeeper, by Apply */
  owner?: string
  /** Who owns the hook, if that is another one. */
  hookOwner?: string
  /** When whom the grace period is of, and when the Deployment's creator, last changed the template. @default never */
  writtenAt?: string
  deployedAt?: string
  containers?: object[]
}

const names = ['grace', 'sleep'] as const

/** A Deployment whose grace period and hook are owned by `owner`, and by nobody else. */
export function deploymentOf(template: Template = {}, rollout: Partial<Record<string, number | boolean>> = {}) {
  const {
    name = 'checkout',
    graceSeconds,
    sleepSeconds,
    owner = 'drainkeeper',
    hookOwner = owner,
    writtenAt,
    deployedAt,
    containers,
  } = template
  const stated = { grace: graceSeconds, sleep: sleepSeconds }
  const lifecycle = sleepSeconds === undefined ? {} : { lifecycle: { preStop: { sleep: { seconds: sleepSeconds } } } }
  const item = {
    '.': {},
    'f:name': {},
    ...(sleepSeconds === undefined ? {} : { 'f:lifecycle': { 'f:preStop': { 'f:sleep': { 'f:seconds': {} } } } }),
  }
  const grace = graceSeconds === undefined ? {} : { 'f:terminationGracePeriodSeconds': {} }
  const containersField = { 'f:containers': { 'k:{"name":"app"}': item } }
  const creator = {
    manager: 'helm',
    operation: 'Apply',
    ...(deployedAt === undefined ? {} : { time: deployedAt }),
    fieldsV1: { 'f:spec': { 'f:selector': {}, ...(deployedAt === undefined ? {} : { 'f:template': {} }) } },
  } as const
  const entry = (manager: string, fields: object) =>
    ({
      manager,
      operation: 'Apply',
      ...(writtenAt === undefined || manager !== owner ? {} : { time: writtenAt }),
      fieldsV1: { 'f:spec': { 'f:template': { 'f:spec': fields } } },
    }) as const
  const stating =
    hookOwner === owner
      ? [entry(owner, { ...grace, ...containersField })]
      : [entry(owner, grace), entry(hookOwner, containersField)]
  const owns = names.some((each) => stated[each] !== undefined)
  const raw = {
    metadata: {
      namespace: 'shop',
      name,
      uid: `${name}-1`,
      generation: 4,
      resourceVersion: '9',
      labels: { team: 'shop' },
      managedFields: owns ? [creator, ...stating] : [creator],
    },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          terminationGracePeriodSeconds: graceSeconds ?? 30,
          containers: containers ?? [{ name: 'app', image: 'app:1', ...lifecycle }],
        },
      },
    },
    status: { observedGeneration: 4, replicas: 2, updatedReplicas: 2, availableReplicas: 2, ...rollout },
  }
  return projectDeploymentFacts(raw)
}

export function rawPod(overrides: Record<string, unknown> = {}, metadata: Record<string, unknown> = {}): KubeObject {
  return {
    metadata: {
      namespace: 'shop',
      name: 'checkout-abc-1',
      uid: 'pod-1',
      labels: { app: 'checkout', 'pod-template-hash': 'abc' },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'checkout-abc', uid: 'r', controller: true },
      ],
      ...metadata,
    },
    spec: { terminationGracePeriodSeconds: 30, containers: [{ name: 'app' }] },
    status: {
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [{ name: 'app', state: { running: { startedAt: '2026-01-01T00:00:00Z' } } }],
    },
    ...overrides,
  } as unknown as KubeObject
}

/** A projected pod. */
export function podOf(overrides: Record<string, unknown> = {}, metadata: Record<string, unknown> = {}): PodFacts {
  const pod = projectPod(rawPod(overrides, metadata))
  if (pod === undefined) throw new Error('not a pod of a Deployment')
  return pod
}

export function serviceOf(spec: Record<string, unknown> = {}, name = 'checkout'): ServiceFacts {
  const whole = { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }], ...spec }
  return projectService({ metadata: { namespace: 'shop', name }, spec: whole } as unknown as KubeObject)
}

export function targetOf(overrides: Partial<TargetFacts> & { propagation?: WindowEntry[] } = {}): TargetFacts {
  const { propagation, ...rest } = overrides
  return {
    deployment: deploymentOf(),
    pods: [podOf()],
    services: [serviceOf()],
    missingServices: [],
    mismatchedServices: [],
    measurement: { ...measurementOf(undefined), ...(propagation === undefined ? {} : { propagation }) },
    ...rest,
  }
}

/** `count` drains of so many milliseconds. */
export function drains(count: number, ms: number): WindowEntry[] {
  return Array.from({ length: count }, () => ({ ms, beyond: false }))
}
