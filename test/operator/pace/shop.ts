import { ApiServer } from '../../../src/cluster/api-server/index.ts'
import {
  createKubeApi,
  deployments,
  type KubeApi,
  type KubeObject,
  namespaces,
  systemClock,
} from '../../../src/kube/index.ts'
import { claimsDiffer, PACE_MANAGER, paceBody } from '../../../src/operator/pace/pace-apply.ts'
import { type PaceView, projectPaceView } from '../../../src/operator/pace/pace-view.ts'
import { type DeploymentFacts, projectDeploymentFacts } from '../../../src/operator/projections.ts'
import type { PaceClaims, PaceField } from '../../../src/pacing/index.ts'

export const at = { namespace: 'shop', name: 'checkout' }

export interface Deployment extends KubeObject {
  spec: Record<string, unknown> & { template: Template }
}

export interface Template {
  metadata: { labels: Record<string, string> }
  spec: {
    terminationGracePeriodSeconds: number
    containers: { name: string; image: string; lifecycle?: object; readinessProbe?: object }[]
  }
}

export const container = { name: 'app', image: 'app:1', ports: [{ name: 'drain', containerPort: 9909 }] }

/** A manifest of `checkout` that says so much besides. */
export function manifest(spec: object = {}, podSpec: object = {}): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: at,
    spec: {
      replicas: 4,
      selector: { matchLabels: { app: 'checkout' } },
      template: { metadata: { labels: { app: 'checkout' } }, spec: { containers: [container], ...podSpec } },
      ...spec,
    },
  } as unknown as Deployment
}

/** The embedded API server with one Deployment, and all who write it. */
export class Shop {
  readonly api: KubeApi

  private constructor(api: KubeApi) {
    this.api = api
  }

  static async open(): Promise<Shop> {
    const api = createKubeApi(new ApiServer({ clock: systemClock }).client('test'))
    await api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: at.namespace } })
    return new Shop(api)
  }

  async read(): Promise<Deployment> {
    return this.api.get(deployments, at)
  }

  async facts(): Promise<DeploymentFacts> {
    return projectDeploymentFacts(await this.read())
  }

  async view(): Promise<PaceView> {
    return projectPaceView(await this.read())
  }

  async create(object: Deployment, fieldManager: string): Promise<void> {
    await this.api.create(deployments, object, { fieldManager })
  }

  async apply(object: object, fieldManager: string, force = false): Promise<void> {
    await this.api.apply(deployments, at, object, { fieldManager, force })
  }

  async patch(patch: object, fieldManager: string): Promise<void> {
    await this.api.mergePatch(deployments, at, patch, { fieldManager })
  }

  /** `kubectl apply` by the client: what it was last given is an annotation, and it writes what has changed. */
  async kubectlApply(object: Deployment): Promise<void> {
    const text = JSON.stringify(object)
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': text }
    const written = { ...object, metadata: { ...object.metadata, annotations } }
    const manager = 'kubectl-client-side-apply'
    const found = await this.api.get(deployments, at).catch(() => undefined)
    await (found === undefined ? this.create(written, manager) : this.patch(written, manager))
  }

  /** Our apply of what is claimed, to the Deployment as it is now. */
  async pace(claims: PaceClaims): Promise<void> {
    await this.paceAs(await this.facts(), claims)
  }

  async paceAs({ view, resourceVersion }: DeploymentFacts, claims: PaceClaims): Promise<void> {
    const { namespace, name, uid } = view
    await this.apply(paceBody({ namespace, name, uid, resourceVersion }, claims), PACE_MANAGER, true)
  }

  async differs(claims: PaceClaims): Promise<boolean> {
    return claimsDiffer(await this.view(), claims)
  }
}

/** A step and a pause: each value is another one than the default. */
export const everyClaim: Required<PaceClaims> = {
  minReadySeconds: 120,
  progressDeadlineSeconds: 720,
  maxSurge: 1,
  maxUnavailable: 0,
  paused: true,
}

export function claimsWithout(taken: readonly PaceField[]): PaceClaims {
  return Object.fromEntries(Object.entries(everyClaim).filter(([field]) => !taken.includes(field as PaceField)))
}
