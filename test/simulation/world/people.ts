import type { ApiServerLike } from '../../../src/cluster/api-server/index.ts'
import {
  createKubeApi,
  deployments,
  isKubeError,
  type KubeApi,
  type KubeObject,
  objectPath,
  podDisruptionBudgets,
  pods,
  services,
} from '../../../src/kube/index.ts'
import { errorOfResponse } from '../../../src/kube/kube-error.ts'
import { drainPolicies } from '../../../src/operator/resources.ts'
import { Intentions, type PaceIntent, paceIntents } from './intentions.ts'
import { deploymentOf, type Manifest, managers, mergeOf, namespace, paceSpecOf, type StatedPace } from './manifest.ts'
import { isTerminating, type RawDeployment, type RawTemplate } from './raw.ts'

/** What somebody tried came to this: `done`, or why the API server refused. */
export type Done = string

/** Everybody who writes to the cluster besides the operator and Kubernetes itself, one function for each thing done. */
export class People {
  readonly intentions = new Intentions()
  readonly #server: ApiServerLike
  /** What each author has in the file. */
  readonly #manifests = new Map<string, Manifest>()
  /** Deployments whose contract fields somebody has written, put back, or may have. */
  readonly #touched = new Set<string>()

  constructor(server: ApiServerLike) {
    this.#server = server
  }

  /** Whether somebody has ever had a hand in the contract's fields of this Deployment. */
  touched(name: string): boolean {
    return this.#touched.has(name)
  }

  /** Its template became an earlier one, with whatever somebody had stated then. */
  undone(name: string): void {
    this.#touched.add(name)
  }

  manifest(name: string): Manifest | undefined {
    return this.#manifests.get(name)
  }

  /** Creates the Deployment or changes it, in its author's way. */
  async apply(manifest: Manifest): Promise<Done> {
    return attempt(async () => {
      const { name, author } = manifest
      const present = this.#deployment(name)
      const before = this.#manifests.get(name)
      const isMeant = [manifest, before].some((each) => each?.graceSeconds !== undefined || each?.hook !== undefined)
      if (isMeant) this.#touched.add(name)
      await this.#write(manifest, before, present)
      this.#manifests.set(name, manifest)
      const uid = this.#deployment(name)?.metadata.uid ?? ''
      const { template } = (deploymentOf(manifest) as unknown as RawDeployment).spec
      this.intentions.state(uid, 'gracePeriod', author, template.spec.terminationGracePeriodSeconds)
      this.intentions.state(uid, 'preStop', author, template.spec.containers[0]?.lifecycle?.preStop)
      for (const field of paceIntents) this.intentions.state(uid, field, author, manifest.pace?.[field])
    })
  }

  /** `kubectl edit`: one field, by hand. */
  async editGrace(name: string, graceSeconds: number): Promise<Done> {
    this.#touched.add(name)
    return this.#changing(name, async (uid) => {
      const patch = { spec: { template: { spec: { terminationGracePeriodSeconds: graceSeconds } } } }
      await this.#as('kubectl-edit').mergePatch(deployments, { namespace, name }, patch, {
        fieldManager: 'kubectl-edit',
      })
      this.intentions.state(uid, 'gracePeriod', 'kubectl-edit', graceSeconds)
    })
  }

  /** Another controller takes the grace period by force, or (undefined) lets it go. */
  async tune(name: string, graceSeconds: number | undefined): Promise<Done> {
    this.#touched.add(name)
    return this.#changing(name, async (uid) => {
      const podSpec = graceSeconds === undefined ? {} : { terminationGracePeriodSeconds: graceSeconds }
      const body = { spec: { template: { spec: podSpec } } }
      const options = { fieldManager: 'platform-tuner', force: true, uid }
      await this.#as('platform-tuner').apply(deployments, { namespace, name }, body, options)
      this.intentions.state(uid, 'gracePeriod', 'platform-tuner', graceSeconds)
    })
  }

  async restart(name: string, stamp: string): Promise<Done> {
    return this.#changing(name, async () => {
      const annotations = { 'kubectl.kubernetes.io/restartedAt': stamp }
      const patch = { spec: { template: { metadata: { annotations } } } }
      const options = { fieldManager: 'kubectl-rollout' }
      await this.#as('kubectl').mergePatch(deployments, { namespace, name }, patch, options)
    })
  }

  async scale(name: string, replicas: number, who: 'kubectl' | 'horizontal-pod-autoscaler'): Promise<Done> {
    return this.#changing(name, async () => {
      const options = { subresource: 'scale', fieldManager: who }
      await this.#as(who).mergePatch(deployments, { namespace, name }, { spec: { replicas } }, options)
    })
  }

  /** `kubectl rollout pause` and `resume`, which do nothing where it is so already. */
  async pause(name: string, paused: boolean): Promise<Done> {
    if ((this.#deployment(name)?.spec.paused === true) === paused) return paused ? 'already paused' : 'not paused'
    return this.#changing(name, async (uid) => {
      const patch = { spec: { paused: paused ? true : null } }
      await this.#as('kubectl').mergePatch(deployments, { namespace, name }, patch, { fieldManager: 'kubectl-rollout' })
      this.intentions.state(uid, 'paused', 'kubectl-rollout', paused ? true : undefined)
    })
  }

  /** `kubectl edit`: a field of the rollout's pace, by hand. */
  async editPace(name: string, pace: StatedPace): Promise<Done> {
    return this.#changing(name, async (uid) => {
      const patch = { spec: paceSpecOf(pace) }
      await this.#as('kubectl-edit').mergePatch(deployments, { namespace, name }, patch, {
        fieldManager: 'kubectl-edit',
      })
      for (const [field, value] of Object.entries(pace)) {
        this.intentions.state(uid, field as PaceIntent, 'kubectl-edit', value)
      }
    })
  }

  /** A PodDisruptionBudget for the pods of that name, as its controller would report it. */
  async allowDisruptions(name: string, allowed: number): Promise<Done> {
    return attempt(async () => {
      const selector = { matchLabels: { app: name } }
      const budget = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { namespace, name } }
      if (this.#find(podDisruptionBudgets, name) === undefined) {
        await this.#as('kubectl').create(podDisruptionBudgets, { ...budget, spec: { selector, maxUnavailable: 1 } })
      }
      const status = { disruptionsAllowed: allowed, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 }
      const options = { subresource: 'status' }
      await this.#as('kube-controller-manager').mergePatch(
        podDisruptionBudgets,
        { namespace, name },
        { status },
        options,
      )
    })
  }

  /** `kubectl rollout undo`: the whole template becomes an earlier one, by an Update that names no field manager. */
  async undo(name: string, template: RawTemplate | undefined): Promise<Done> {
    if (template === undefined) return 'no earlier revision'
    this.#touched.add(name)
    return this.#changing(name, async () => {
      const operations = [{ op: 'replace' as const, path: '/spec/template', value: template }]
      await this.#as('kubectl').jsonPatch(deployments, { namespace, name }, operations)
    })
  }

  async deleteDeployment(name: string): Promise<Done> {
    return attempt(async () => this.#as('kubectl').delete(deployments, { namespace, name }))
  }

  /** `count` pods, of all that are not terminating yet; `graceSeconds` as `kubectl delete --grace-period`. */
  async deletePods(app: string, count: number, graceSeconds?: number): Promise<Done> {
    return attempt(async () => {
      const found = this.#server
        .objects(pods, namespace)
        .filter((pod) => pod.metadata.labels?.['app'] === app && !isTerminating(pod))
      const options = graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds }
      for (const { metadata } of found.slice(0, count)) {
        await this.#as('kubectl').delete(pods, { namespace, name: metadata.name }, options)
      }
    })
  }

  /** Creates the Service of the pods of that name, or changes it. */
  async applyService(name: string, spec: Record<string, unknown>): Promise<Done> {
    const api = this.#as('kubectl')
    if (this.#find(services, name) !== undefined) {
      return attempt(async () => api.mergePatch(services, { namespace, name }, { spec }))
    }
    const ports = [{ name: 'http', port: 80, targetPort: 8080 }]
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { namespace, name } }
    const whole = { ...service, spec: { selector: { app: name }, ports, ...spec } }
    return attempt(async () => api.create(services, whole))
  }

  async deleteService(name: string): Promise<Done> {
    return attempt(async () => this.#as('kubectl').delete(services, { namespace, name }))
  }

  /** Creates the policy, or gives it another spec. */
  async applyPolicy(name: string, spec: object): Promise<Done> {
    const policy = { apiVersion: 'drainkeeper.dev/v1alpha1', kind: 'DrainPolicy', metadata: { namespace, name }, spec }
    return attempt(async () => {
      const present = this.#find(drainPolicies, name)
      if (present === undefined) await this.#as('kubectl').create(drainPolicies, policy)
      else await this.#as('kubectl').replace(drainPolicies, { ...present, spec } as KubeObject)
    })
  }

  policySpec(name: string): object | undefined {
    return (this.#find(drainPolicies, name) as { spec?: object } | undefined)?.spec
  }

  async deletePolicy(name: string): Promise<Done> {
    return attempt(async () => this.#as('kubectl').delete(drainPolicies, { namespace, name }))
  }

  async #write(manifest: Manifest, before: Manifest | undefined, present: RawDeployment | undefined): Promise<void> {
    const { name, author } = manifest
    const fieldManager = managers[author]
    const api = this.#as(fieldManager)
    const whole = deploymentOf(manifest)
    if (author === 'argocd' || author === 'flux' || author === 'kubectlServerSide') {
      const force = author !== 'kubectlServerSide'
      await this.#patch(name, whole, 'application/apply-patch+yaml', { fieldManager, force })
      return
    }
    const annotations = {
      ...whole.metadata.annotations,
      ...(author === 'kubectl' ? { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(whole) } : {}),
    }
    if (present === undefined) {
      const object = { ...whole, metadata: { ...whole.metadata, namespace, annotations } }
      await api.create(deployments, object, { fieldManager })
      return
    }
    const merge = mergeOf(manifest, before)
    const body = { ...merge, metadata: { annotations } }
    await this.#patch(name, body, 'application/strategic-merge-patch+json', { fieldManager })
  }

  /** In the ways that the room `kube` does not know: strategic merges, and applies under names like kubectl's. */
  async #patch(
    name: string,
    body: object,
    contentType: string,
    query: { fieldManager: string; force?: boolean },
  ): Promise<void> {
    const path = objectPath(deployments, { namespace, name })
    const response = await this.#server.client(query.fieldManager).request({
      method: 'PATCH',
      verb: 'patch',
      path,
      resource: 'deployments.apps',
      query,
      headers: { 'content-type': contentType },
      body: JSON.stringify(body),
    })
    if (response.status > 299) throw errorOfResponse(response.status, await response.text(), path)
  }

  async #changing(name: string, change: (uid: string) => Promise<void>): Promise<Done> {
    const uid = this.#deployment(name)?.metadata.uid
    if (uid === undefined) return `no Deployment ${name}`
    return attempt(async () => change(uid))
  }

  #deployment(name: string): RawDeployment | undefined {
    return this.#find(deployments, name) as RawDeployment | undefined
  }

  #find(resource: Parameters<ApiServerLike['objects']>[0], name: string): KubeObject | undefined {
    return this.#server.objects(resource, namespace).find(({ metadata }) => metadata.name === name)
  }

  #as(userAgent: string): KubeApi {
    return createKubeApi(this.#server.client(userAgent))
  }
}

/** What the API server refuses is told, and leaves no trace. */
async function attempt(action: () => Promise<unknown>): Promise<Done> {
  try {
    await action()
    return 'done'
  } catch (error) {
    if (!isKubeError(error)) throw error
    return `refused: ${error.message.slice(0, 160)}`
  }
}
