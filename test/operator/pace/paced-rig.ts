import { pino } from 'pino'
import { customResourceDefinition } from '../../../src/api/crd.ts'
import type { DrainPolicyStatus, PaceStatus } from '../../../src/api/index.ts'
import { deployments, type KubeObject, namespaces, type Resource, type Transport } from '../../../src/kube/index.ts'
import { Operator } from '../../../src/operator/index.ts'
import { OperatorMetrics } from '../../../src/operator/metrics.ts'
import { drainPolicies } from '../../../src/operator/resources.ts'
import { Rig, type RigOptions, shop, versionOf } from '../../cluster/controllers/rig.ts'
import { ScriptedSights } from './scripted-sights.ts'

export const definitions: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
}

/** What a Deployment has of pacing. */
export interface PaceFieldsNow {
  paused: boolean
  minReadySeconds: number
  progressDeadlineSeconds: number
  maxSurge: number | string
  maxUnavailable: number | string
}

/** Of an owner who said nothing of it. */
export const defaultFields: PaceFieldsNow = {
  paused: false,
  minReadySeconds: 0,
  progressDeadlineSeconds: 600,
  maxSurge: '25%',
  maxUnavailable: '25%',
}

/** The embedded cluster's own controllers, a real operator, and verdicts by script, all on one virtual clock. */
export class PacedRig {
  readonly cluster: Rig
  readonly logged: { level: number; msg: string; err?: { message: string } }[] = []
  /** Those of the operator that runs. */
  sights: ScriptedSights | undefined
  #stop: AbortController | undefined
  #running: Promise<unknown> | undefined
  #started = 0

  private constructor(cluster: Rig) {
    this.cluster = cluster
  }

  static async start(options: RigOptions = {}): Promise<PacedRig> {
    const rig = new PacedRig(await Rig.start(options))
    await rig.cluster.create(definitions, customResourceDefinition() as unknown as KubeObject)
    await rig.cluster.create(namespaces, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'drainkeeper-system' },
    })
    return rig
  }

  /** `web` with so many pods on v1, a policy that paces it, and an operator: all at rest. */
  static async atRest(pacing: object = {}, replicas = 8): Promise<PacedRig> {
    const rig = await PacedRig.start()
    await rig.cluster.deploy({ replicas })
    await rig.seconds(5)
    await rig.policy({ maxHold: '5m', ...pacing })
    await rig.operate()
    await rig.seconds(60)
    return rig
  }

  /**
   * Starts an operator; what it concludes is said by `sights.script`. With `dies` it is gone after so many writes, and
   * nobody hears of it any more.
   */
  async operate(script?: ScriptedSights['script'], dies?: { afterWrites: number }): Promise<void> {
    this.#started += 1
    const { clock, server } = this.cluster
    const transport = this.wire(server.client(`operator-${this.#started}`))
    const log = pino(
      { level: 'warn', base: null },
      { write: (line: string) => void this.logged.push(JSON.parse(line)) },
    )
    const operator = new Operator({
      transport: dies === undefined ? transport : this.#mortal(transport, dies.afterWrites),
      clock,
      random: () => 0.5,
      log,
      metrics: new OperatorMetrics(),
      identity: `operator-${this.#started}`,
      leaseNamespace: 'drainkeeper-system',
      leaderElection: false,
      createSights: ScriptedSights.create(clock, (sights) => {
        sights.script = script ?? this.sights?.script ?? sights.script
        this.sights = sights
      }),
    })
    this.#stop = new AbortController()
    this.#running = operator.run(this.#stop.signal)
    await clock.advance(0)
  }

  /** What is between the next operator and the API server. */
  wire = (transport: Transport): Transport => transport

  /** True once an operator that was to die is dead. */
  dead = false

  #mortal(transport: Transport, afterWrites: number): Transport {
    this.dead = false
    const never = new Promise<never>(() => {})
    let writes = 0
    return {
      request: async (request) => {
        if (this.dead) return never
        if (request.method === 'GET') return transport.request(request)
        writes += 1
        this.dead = writes > afterWrites
        return this.dead ? never : transport.request(request)
      },
    }
  }

  /** Forgets a dead operator. */
  bury(): void {
    this.dead = true
    this.sights?.close()
    this.#stop = undefined
    this.#running = undefined
  }

  /** Ends the operator as SIGTERM does. */
  async halt(): Promise<void> {
    this.#stop?.abort()
    await this.cluster.clock.advance(0)
    await this.#running
    this.#stop = undefined
  }

  async end(): Promise<void> {
    await this.halt()
    await this.cluster.stop()
  }

  async policy(pacing: object | undefined, more: object = {}, name = 'web'): Promise<void> {
    const spec = {
      targetRef: { name },
      propagation: { initial: '1s' },
      contract: { requestTime: { max: '1s' } },
      ...more,
      ...(pacing === undefined ? {} : { pacing }),
    }
    const object = {
      apiVersion: 'drainkeeper.dev/v1alpha1',
      kind: 'DrainPolicy',
      metadata: { namespace: shop, name },
      spec,
    }
    const present = this.cluster.server.objects(drainPolicies, shop).find(({ metadata }) => metadata.name === name)
    if (present === undefined) await this.cluster.create(drainPolicies, object)
    else await this.cluster.api.replace(drainPolicies, { ...present, spec } as KubeObject)
  }

  /** As `kubectl set image`. */
  async release(version: string, name = 'web'): Promise<void> {
    const image = { op: 'replace' as const, path: '/spec/template/spec/containers/0/image', value: `web:${version}` }
    await this.cluster.api.jsonPatch(deployments, { namespace: shop, name }, [image], {
      fieldManager: 'kubectl-set',
    })
  }

  /** The documented line: `kubectl rollout resume`. */
  async resume(): Promise<void> {
    const options = { fieldManager: 'kubectl-rollout' }
    await this.cluster.api.mergePatch(
      deployments,
      { namespace: shop, name: 'web' },
      { spec: { paused: null } },
      options,
    )
  }

  /** Lets so many seconds pass. */
  async seconds(count: number): Promise<void> {
    await this.cluster.clock.advance(count * 1000)
  }

  /** Lets seconds pass until it is so. @returns how many; undefined when it never was, within `atMost` */
  async until(isSo: () => boolean, atMost = 3600): Promise<number | undefined> {
    for (let passed = 0; passed <= atMost; passed += 1) {
      if (isSo()) return passed
      await this.seconds(1)
    }
    return undefined
  }

  /** How many pods there should be of each version, in whichever ReplicaSet. */
  get versions(): Record<string, number> {
    const versions: Record<string, number> = {}
    for (const { spec } of this.cluster.replicaSets) {
      const version = versionOf(spec.template)
      if ((spec.replicas ?? 0) > 0) versions[version] = (versions[version] ?? 0) + (spec.replicas ?? 0)
    }
    return versions
  }

  /** All pods are of this version, and nothing rolls. */
  isOn(version: string): boolean {
    const { status = {}, spec } = this.cluster.deployment
    return (
      this.versions[version] === spec.replicas &&
      status.replicas === spec.replicas &&
      Object.keys(this.versions).length === 1
    )
  }

  get fields(): PaceFieldsNow {
    const spec = this.cluster.deployment.spec as {
      paused?: boolean
      minReadySeconds?: number
      progressDeadlineSeconds?: number
      strategy?: { rollingUpdate?: { maxSurge?: number | string; maxUnavailable?: number | string } }
    }
    const { paused = false, minReadySeconds = 0, progressDeadlineSeconds = 600 } = spec
    const { maxSurge = '25%', maxUnavailable = '25%' } = spec.strategy?.rollingUpdate ?? {}
    return { paused, minReadySeconds, progressDeadlineSeconds, maxSurge, maxUnavailable }
  }

  get managers(): string[] {
    const { managedFields = [] } = this.cluster.deployment.metadata
    return managedFields.map(({ manager = '' }) => manager)
  }

  get status(): DrainPolicyStatus {
    return this.#statusOf('web')
  }

  #statusOf(policy: string): DrainPolicyStatus {
    const found = this.cluster.server.objects(drainPolicies, shop).find(({ metadata }) => metadata.name === policy)
    return (found as { status?: DrainPolicyStatus } | undefined)?.status ?? {}
  }

  get pace(): PaceStatus | undefined {
    return this.paceOf('web')
  }

  paceOf(policy: string): PaceStatus | undefined {
    return this.#statusOf(policy).targets?.[0]?.pace
  }

  condition(type = 'RolloutHealthy'): string | undefined {
    const found = this.status.conditions?.find((condition) => condition.type === type)
    return found && `${found.status} ${found.reason}: ${found.message}`
  }

  /** The reasons of the events about the policy. */
  get told(): string[] {
    return this.cluster.told('DrainPolicy').map((told) => told.slice(0, told.indexOf(':')))
  }
}
