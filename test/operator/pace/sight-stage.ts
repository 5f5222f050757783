import { pino } from 'pino'
import type { Pacing } from '../../../src/api/index.ts'
import { pacingSchema } from '../../../src/api/pacing.ts'
import { KubeError, type KubeApi } from '../../../src/kube/index.ts'
import { OperatorMetrics } from '../../../src/operator/metrics.ts'
import type { Ear } from '../../../src/operator/pace/ear.ts'
import type { PodSeen } from '../../../src/operator/pace/watched-pods.ts'
import { RolloutSights, type RolloutSightsOptions } from '../../../src/operator/pace/rollout-sights.ts'
import type { SightKey, SightTarget } from '../../../src/operator/pace/sight.ts'
import { templateIds } from '../../../src/operator/pace/template-id.ts'
import type { Epoch, Origin, Reading } from '../../../src/pacing/index.ts'
import type { WatchedPod } from '../../../src/signals/index.ts'
import { VirtualClock } from '../../kube/virtual-clock.ts'

/** A source that knows of every request when it ended, and whatever else a test wants it to do. */
export class TruthfulEar implements Ear {
  readonly #clock: VirtualClock
  readonly #ended: { atMs: number; origin: Origin; requests: number; errors: number }[] = []
  readonly asked: (readonly number[])[] = []
  /** What it names, heard of or not. */
  readonly origins: readonly Origin[]
  silent: Reading | undefined
  broken: Error | undefined
  /** How long a listening takes. */
  takesMs = 0
  underWay = 0
  mostUnderWay = 0
  aborted = 0
  forced: Record<string, number> = {}

  constructor(clock: VirtualClock, origins: readonly Origin[]) {
    this.#clock = clock
    this.origins = origins
  }

  happen(origin: Origin, requests: number, errors = 0): void {
    this.#ended.push({ atMs: this.#clock.monotonicMs(), origin, requests, errors })
  }

  async hear(sinceMs: readonly number[], abort: AbortSignal): Promise<readonly Reading[]> {
    this.asked.push(sinceMs)
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay)
    try {
      if (this.takesMs > 0) await this.#clock.sleep(this.takesMs, abort)
    } catch (error) {
      this.aborted += 1
      throw error
    } finally {
      this.underWay -= 1
    }
    if (this.broken !== undefined) throw this.broken
    return sinceMs.map((ms) => this.silent ?? this.#since(ms))
  }

  forcedOf(podUid: string): number {
    return this.forced[podUid] ?? 0
  }

  #since(ms: number): Reading {
    const counts = this.origins.map((origin) => {
      const all = this.#ended.filter((ended) => ended.atMs >= ms && ended.origin === origin)
      const sum = (what: 'requests' | 'errors') => all.reduce((total, ended) => total + ended[what], 0)
      return [origin, { requests: sum('requests'), errors: sum('errors') }] as const
    })
    return { kind: 'counts', counts: Object.fromEntries(counts) }
  }
}

/** The lists that an API server gives, or the error with which it refuses. */
export class ListedApi {
  readonly listed: string[] = []
  items: Record<string, object[] | KubeError> = {}
  secret: { data: Record<string, string> } | KubeError = new KubeError('NotFound', 'not found')
  gets = 0
  /** Lists answer when it resolves, aborted or not. */
  held: Promise<void> = Promise.resolve()

  readonly api: Pick<KubeApi, 'list' | 'get'> = {
    list: async ({ plural }) => {
      this.listed.push(plural)
      const found = this.items[plural] ?? []
      await this.held
      if (found instanceof KubeError) throw found
      return { metadata: {}, items: found as never[] }
    },
    get: async () => {
      this.gets += 1
      if (this.secret instanceof KubeError) throw this.secret
      return this.secret as never
    },
  }

  count(plural: string): number {
    return this.listed.filter((listed) => listed === plural).length
  }
}

export const template = (image: string): Record<string, unknown> => ({
  metadata: { labels: { app: 'checkout' } },
  spec: { containers: [{ name: 'app', image }] },
})

export function replicaSet(hash: string, image: string): object {
  const labels = { app: 'checkout', 'pod-template-hash': hash }
  const spec = { ...template(image), metadata: { labels } }
  return {
    metadata: {
      name: `checkout-${hash}`,
      labels,
      annotations: { 'deployment.kubernetes.io/revision': '1' },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'checkout', uid: 'd', controller: true }],
    },
    spec: { template: spec },
  }
}

export function disruptionBudget(allowed: number | undefined, selector: object | undefined): object {
  return { metadata: { name: 'budget' }, spec: { selector }, status: { disruptionsAllowed: allowed } }
}

export const key: SightKey = { policyUid: 'p', deploymentUid: 'd' }
export const pacingOf = (pacing: object = {}): Pacing => pacingSchema.parse(pacing)
export const versionOf = (image: string): string => templateIds(template(image)).templateId
export const revisionOf = (image: string): string => templateIds(template(image)).revisionId

export function targetOf(changes: Partial<SightTarget> = {}): SightTarget {
  return {
    ...key,
    namespace: 'shop',
    policy: 'web',
    deployment: 'checkout',
    templateId: versionOf('v2'),
    revisionId: revisionOf('v2'),
    selector: { app: 'checkout' },
    podLabels: { app: 'checkout' },
    drainPort: 9909,
    pacing: pacingOf(),
    ...changes,
  }
}

export const apart: readonly Origin[] = ['draining', 'newVersion', 'background']

/** Watches of rollouts with a clock, an API server and one ear, all in a test's hands. */
export class SightStage {
  readonly clock = new VirtualClock()
  readonly server = new ListedApi()
  readonly ear: TruthfulEar
  readonly sights: RolloutSights
  pods: PodSeen[] = []
  /** Those that the ear would ask now. */
  watched: () => readonly WatchedPod[] = () => []
  listening = 0
  changes = 0
  readonly metrics = new OperatorMetrics()
  readonly logged: { msg: string; err?: { message: string } }[] = []

  constructor(options: Partial<RolloutSightsOptions> & { origins?: readonly Origin[] } = {}) {
    const { origins = apart, ...rest } = options
    this.ear = new TruthfulEar(this.clock, origins)
    const write = (line: string): void => void this.logged.push(JSON.parse(line) as never)
    this.sights = new RolloutSights({
      clock: this.clock,
      api: this.server.api,
      pods: () => this.pods,
      endpoints: {},
      changed: () => (this.changes += 1),
      metrics: this.metrics,
      log: pino({ level: 'trace', base: null }, { write }),
      listen: (_, pods) => {
        this.listening += 1
        this.watched = pods
        return this.ear
      },
      ...rest,
    })
  }

  get sight() {
    const sight = this.sights.look(key, revisionOf('v2'))
    if (sight === undefined) throw new Error('not followed')
    return sight
  }

  get pace() {
    return this.sight.pace
  }

  now(): number {
    return this.clock.now()
  }
}

/** A stage whose rollout has begun and been listened to once. */
export async function rolling(target = targetOf()): Promise<{ stage: SightStage; epoch: Epoch }> {
  const stage = new SightStage()
  stage.server.items['replicasets'] = [replicaSet('new', 'v2'), replicaSet('old', 'v1')]
  const epoch = { blameFromMs: stage.now() }
  stage.sights.follow(target, epoch)
  await stage.clock.advance(0)
  return { stage, epoch }
}
