import type { Logger } from 'pino'
import {
  type Clock,
  createEventRecorder,
  createKubeApi,
  createLeaseElector,
  createWorkQueue,
  type ElectionOutcome,
  gateWrites,
  isKubeError,
  type Leadership,
  type Random,
  type Transport,
} from '../kube/index.ts'
import { Announcer } from './announcer.ts'
import { holderOf, indexes, type World } from './gather.ts'
import { policyKey } from './keys.ts'
import { Measurements } from './measurement.ts'
import type { OperatorMetrics } from './metrics.ts'
import { Orphans } from './orphans.ts'
import { OwnWrites } from './own-writes.ts'
import { Pacer } from './pace/pacer.ts'
import { type CreateSights, unwatched } from './pace/sight.ts'
import { Reconciler } from './reconciler.ts'
import { createReflectors } from './reflectors.ts'
import { drainPolicies } from './resources.ts'
import { RevertWatch } from './revert-watch.ts'
import { type Drain, TerminationObserver } from './termination-observer.ts'
import { type Reflectors, Triggers } from './triggers.ts'

export interface OperatorOptions {
  transport: Transport
  clock: Clock
  random?: Random
  log: Logger
  metrics: OperatorMetrics
  /** Unique to this process. */
  identity: string
  /** Where the lease lives. */
  leaseNamespace: string
  /** Absent: all namespaces. */
  namespace?: string
  /** @default true */
  leaderElection?: boolean
  /** Policies at a time. @default 4 */
  concurrency?: number
  /** The watches of rollouts: where error rates come from. @default none, so that nothing is ever concluded */
  createSights?: CreateSights
}

/** A policy whose reconcile fails is looked at again at least this often. */
const longestBackoffMs = 60_000
/** How long the last events may take on the way out. */
const flushMs = 5_000
/** How often the API is asked for DrainPolicies until it knows them. */
const missingRetryMs = 2_000

/**
 * The operator: watches feed caches, caches feed reconciles, reconciles write. It watches and measures from the start,
 * and writes only while it leads. Policies alone are read when it begins to lead: what the leader before it wrote there
 * (and what was measured) must not be missed by a watch that is late.
 */
export class Operator {
  readonly #options: OperatorOptions
  readonly #reflectors: Reflectors
  readonly #world: World
  readonly #observer: TerminationObserver
  /** What is done with a drain; nothing while another process leads, whose samples they are. */
  #onDrain: ((drain: Drain) => void) | undefined
  #synced = false

  constructor(options: OperatorOptions) {
    this.#options = options
    const { transport, clock, random, namespace, log } = options
    this.#reflectors = createReflectors({
      transport,
      clock,
      ...(random === undefined ? {} : { random }),
      ...(namespace === undefined ? {} : { namespace }),
      onError: (resource, error) => log.warn({ resource, err: error }, 'watch interrupted'),
    })
    this.#world = {
      policies: this.#reflectors.policies.cache,
      deployments: this.#reflectors.deployments.cache,
      pods: this.#reflectors.pods.cache,
      services: this.#reflectors.services.cache,
      writtenPolicies: new OwnWrites(),
      writtenDeployments: new OwnWrites(),
    }
    this.#observer = new TerminationObserver((drain) => this.#onDrain?.(drain))
    this.#reflectors.pods.onEvent((event) => this.#observer.pod(event))
    this.#reflectors.slices.onEvent((event) => this.#observer.slice(event))
  }

  /** True once every cache that can be filled beforehand holds everything. */
  get synced(): boolean {
    return this.#synced
  }

  /**
   * Runs until `signal` aborts or leadership is lost.
   * @returns Lost when the lease could not be renewed: the process must exit then, since its memory is out of date.
   */
  async run(signal: AbortSignal): Promise<ElectionOutcome> {
    const { log, transport, clock, random, identity, leaseNamespace, leaderElection = true } = this.#options
    const reflectors = Object.values(this.#reflectors)
    const warm = reflectors.filter((reflector) => reflector !== this.#reflectors.policies)
    const stop = (): void => void Promise.all(reflectors.map((reflector) => reflector.stop()))
    signal.addEventListener('abort', stop, { once: true })
    try {
      signal.throwIfAborted()
      for (const reflector of warm) reflector.start()
      await Promise.all(warm.map((reflector) => reflector.synced))
      await this.#policiesReadable(signal)
      this.#synced = true
      log.info(this.#sizes(), 'caches are synced')
      if (!leaderElection) {
        await this.#lead({ signal, isValid: () => true }, signal)
        return 'Released'
      }
      const elector = createLeaseElector({
        api: createKubeApi(transport),
        clock,
        ...(random === undefined ? {} : { random }),
        namespace: leaseNamespace,
        name: 'drainkeeper',
        identity,
        onError: (error) => log.warn({ err: error }, 'lease request failed'),
        onHolderChange: (holder) => log.info({ holder }, 'leader changed'),
      })
      return await elector.run((leadership) => this.#lead(leadership, signal), signal)
    } catch (error) {
      if (signal.aborted) return 'Released'
      throw error
    } finally {
      this.#synced = false
      await Promise.all(reflectors.map((reflector) => reflector.stop()))
    }
  }

  async #lead(leadership: Leadership, signal: AbortSignal): Promise<void> {
    const { transport, clock, log, metrics, identity, concurrency = 4, createSights = () => unwatched } = this.#options
    const api = createKubeApi(gateWrites(transport, leadership))
    const recorder = createEventRecorder({
      api,
      clock,
      reportingController: 'drainkeeper.dev/operator',
      reportingInstance: identity,
      onError: (error) => log.warn({ err: error }, 'event lost'),
      onDrop: (note, why) => log.warn({ reason: note.reason, why }, 'event dropped'),
    })
    const announcer = new Announcer(recorder)
    const measurements = new Measurements()
    const { policies } = this.#reflectors
    policies.start()
    const [serverVersion] = await Promise.all([this.#serverVersion(), policies.synced])
    const orphans = new Orphans(() => clock.monotonicMs())
    const sights = createSights({
      api,
      clock,
      log,
      metrics,
      pods: (namespace, name) => this.#world.pods.byIndex(indexes.byDeployment, `${namespace}/${name}`),
      changed: ({ policyUid }) => {
        const policy = this.#world.policies.list().find(({ uid }) => uid === policyUid)
        if (policy !== undefined) queue.add(policyKey(policy))
      },
    })
    const pacer = new Pacer({
      api,
      clock,
      log,
      sights,
      world: this.#world,
      wake: (policy) => queue.add(policyKey(policy)),
    })
    const reconciler = new Reconciler({
      api,
      clock,
      log,
      metrics,
      measurements,
      announcer,
      orphans,
      pacer,
      world: this.#world,
      revertWatch: new RevertWatch(() => clock.monotonicMs()),
      ...(serverVersion === undefined ? {} : { serverVersion }),
    })
    const queue = createWorkQueue({
      clock,
      concurrency,
      backoffMaxMs: longestBackoffMs,
      work: (key) => reconciler.work(key),
      onError: (key, error) => {
        if (isKubeError(error, 'Conflict'))
          log.info({ key, message: error.message }, 'changed while we looked: looking again')
        else log.warn({ key, err: error }, 'reconcile failed, will be tried again')
      },
      observe: (seen) => metrics.observeReconcile(seen),
    })
    const triggers = new Triggers(this.#world, queue, orphans)
    const disconnect = triggers.connect(this.#reflectors)
    const forget = this.#reflectors.policies.onEvent(({ type, object }) => {
      if (type !== 'delete') return
      measurements.forget(object.uid)
      pacer.keep(object.uid, new Set())
      for (const { name: target } of object.status.targets ?? []) {
        metrics.forgetTarget({ namespace: object.namespace, policy: object.name, target })
      }
    })
    this.#onDrain = (drain) => {
      const deployment = this.#world.deployments.get(drain.namespace, drain.deployment)
      const policy = deployment === undefined ? undefined : holderOf(this.#world, deployment)
      if (policy === undefined) return
      metrics.countDrain(drain.outcome.outcome)
      measurements.add(drain)
      sights.ended(drain)
      announcer.drain(policy, drain)
      log.info({ ...drain, policy: policy.name }, 'pod drained')
      triggers.drain(drain)
    }
    metrics.leader.set(1)
    log.info({ serverVersion, policies: policies.cache.size }, 'leading')
    triggers.all()
    try {
      await aborted(AbortSignal.any([signal, leadership.signal]))
    } finally {
      this.#onDrain = undefined
      disconnect()
      forget()
      sights.close()
      await queue.shutDown()
      // The lease must be free soon, whatever the API server does with our last events.
      await Promise.race([recorder.flush(), clock.sleep(flushMs)])
      metrics.leader.set(0)
      log.info('no longer leading')
    }
  }

  /** Waits until DrainPolicies can be read, and says why they cannot: a process that could never act is not ready. */
  async #policiesReadable(signal: AbortSignal): Promise<void> {
    const { transport, clock, namespace, log } = this.#options
    const api = createKubeApi(transport)
    for (;;) {
      try {
        await api.list(drainPolicies, { limit: 1, signal, ...(namespace === undefined ? {} : { namespace }) })
        return
      } catch (error) {
        if (signal.aborted) throw error
        const message = error instanceof Error ? error.message : String(error)
        log.warn({ message }, 'DrainPolicies cannot be read: is the CRD installed (kubectl apply -k config)?')
        await clock.sleep(missingRetryMs, signal)
      }
    }
  }

  /** What the API server is; unknown is taken as new enough. */
  async #serverVersion(): Promise<{ major: number; minor: number } | undefined> {
    try {
      const { major, minor } = await createKubeApi(this.#options.transport).getPath<{ major: string; minor: string }>(
        '/version',
      )
      return { major: Number.parseInt(major, 10), minor: Number.parseInt(minor, 10) }
    } catch (error) {
      this.#options.log.warn({ err: error }, 'the version of the API server is unknown')
      return undefined
    }
  }

  #sizes(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.#reflectors).map(([name, { cache }]) => [name, cache.size as number]))
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
