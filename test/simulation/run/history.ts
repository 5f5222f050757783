import type { ApiServerLike } from '../../../src/cluster/api-server/index.ts'
import { deployments, pods } from '../../../src/kube/index.ts'
import type { Lease } from '../../../src/kube/lease-record.ts'
import type { Plan } from '../plan/plan.ts'
import { Seeded } from '../time/seeded.ts'
import { SimClock } from '../time/sim-clock.ts'
import { Controllers } from '../world/controllers.ts'
import type { DrainProfile } from '../world/drain-endings.ts'
import { Kubelet } from '../world/kubelet.ts'
import { namespace } from '../world/manifest.ts'
import { People } from '../world/people.ts'
import { isReady, isRolledOut, isTerminating, type RawDeployment, type RawPod } from '../world/raw.ts'
import { Traffic } from '../world/traffic.ts'
import { Chronicle, type SeenWrite } from './chronicle.ts'
import { endOf, perform, type Stage } from './performance.ts'
import { Replica, restartMs } from './replica.ts'
import { makeServer } from './server.ts'
import { ReplicaWeather } from './weather.ts'

/** After the last happening everything must have come to rest within this time. */
export const restWithinMs = 20 * 60_000
/** Longer than the operator waits before it gives a contract back. */
const silenceMs = 35_000
/** Longer than any backoff, of a reconcile as of a watch: whoever has failed may be waiting. */
const silenceAfterTroubleMs = 65_000
/** After everybody lists again, and after a change of leader, anything that would be written is written by then. */
const afterwardsMs = 36_000
const stepMs = 5000
/** What a service has at the end of a history, where it is not quiet. */
const busyRequestsPerSecond = 200
/** A process that is told to stop has time for its last events and its lease. */
const endWithinMs = 10_000

/** One history, lived. */
export interface Lived {
  plan: Plan
  chronicle: Chronicle
  server: ApiServerLike
  people: People
  controllers: Controllers
  replicas: readonly Replica[]
  profiles: ReadonlyMap<string, DrainProfile>
  /** When the last happening was over. */
  overMs: number
  /** When nothing had changed for long enough; absent when it never came to rest. */
  restedMs: number | undefined
  endMs: number
}

/** Where the crash matrix and the mutants reach in. */
export interface LiveOptions {
  onReplica?: (replica: Replica) => void
  /** Stop when the state after the happenings is known. @default false */
  skipQuiet?: boolean
  /** When every process of the operator dies, for good: then only the rollouts must come to their end. */
  diesAtMs?: number
}

/** Lives a plan to its end: happenings, rest, then three relists and a change of leader in which nothing may be written. */
export async function live(plan: Plan, options: LiveOptions = {}): Promise<Lived> {
  const clock = new SimClock()
  const random = new Seeded(plan.seed, 'history')
  const chronicle = new Chronicle()
  const onRejection = (reason: unknown): void => {
    chronicle.rejections.push(String(reason instanceof Error ? (reason.stack ?? reason) : reason))
  }
  process.on('unhandledRejection', onRejection)
  try {
    const stage = await prepare(plan, clock, random, chronicle)
    for (const replica of stage.replicas) {
      options.onReplica?.(replica)
      clock.setTimeout(() => replica.start(), random.int(0, 3000))
    }
    for (const happening of plan.happenings) clock.setTimeout(() => void perform(stage, happening), happening.atMs)
    const overMs = Math.max(5000, ...plan.happenings.map(endOf)) + 100
    if (options.diesAtMs !== undefined) {
      clock.setTimeout(() => stage.replicas.forEach((replica) => replica.perish()), options.diesAtMs)
    }
    await clock.runUntil(Math.max(overMs, options.diesAtMs ?? 0))
    for (const replica of stage.replicas) replica.forgetFaults()
    stage.traffic.calm(plan.paced?.endsQuiet === true ? 0 : busyRequestsPerSecond)
    chronicle.line(clock.monotonicMs(), '--- nothing happens any more')
    const isAbandoned = options.diesAtMs !== undefined
    const restedMs = await (isAbandoned ? endAlone(stage, clock) : rest(stage, clock))
    if (restedMs !== undefined && !isAbandoned && options.skipQuiet !== true) await quiet(stage, clock)
    const { people, controllers, replicas, server, profiles } = stage
    const endMs = clock.monotonicMs()
    for (const replica of replicas) replica.end()
    await clock.runUntil(endMs + endWithinMs)
    for (const replica of replicas) replica.kill(Infinity)
    return { plan, chronicle, server, people, controllers, replicas, profiles, overMs, restedMs, endMs }
  } finally {
    process.off('unhandledRejection', onRejection)
  }
}

async function prepare(plan: Plan, clock: SimClock, random: Seeded, chronicle: Chronicle): Promise<Stage> {
  const server = await makeServer(clock, random.fork('server').next)
  server.onWrite((write) => {
    const atMs = clock.monotonicMs()
    chronicle.writes.push({ ...write, atMs })
    const { resource, subresource, name, object, verb, changed } = write
    const what = `${resource.plural}${subresource === undefined ? '' : `/${subresource}`} ${name}`
    const version = changed ? `= ${object.metadata.resourceVersion ?? ''}` : 'unchanged'
    if (resource.plural !== 'leases') chronicle.line(atMs, `    ${write.client}: ${verb} ${what} ${version}`)
  })
  const people = new People(server)
  server.onWrite(({ client, resource, before, object, changed, verb }) => {
    if (!client.startsWith('drainkeeper/') || resource.plural !== 'deployments' || !changed || before === undefined)
      return
    // A rollback takes the whole template back, as `kubectl rollout undo` does.
    if (verb === 'patch') people.undone(object.metadata.name)
    else
      for (const { field, text } of people.intentions.brokenBy(before as RawDeployment, object as RawDeployment)) {
        chronicle.broken.push({ atMs: clock.monotonicMs(), field, text: `${object.metadata.name}: ${text}` })
      }
  })
  const profiles = new Map<string, DrainProfile>()
  const controllers = new Controllers({ server, clock, random: random.fork('controllers') })
  const kubelet = new Kubelet({
    server,
    clock,
    random: random.fork('kubelet'),
    profileOf: (app) => profiles.get(app) ?? 'quick',
    onEnd: (pod, end) => {
      chronicle.ends.push({ atMs: clock.monotonicMs(), pod, end })
      chronicle.line(clock.monotonicMs(), `    pod ${pod.metadata.name} ended: ${end.ending}`)
    },
  })
  kubelet.start()
  const traffic = new Traffic({ server, clock })
  const replicas = Array.from({ length: Math.max(1, plan.replicas) }, (_, index) => {
    const weather = new ReplicaWeather({
      random: random.fork(`weather ${index}`),
      nowMs: () => clock.monotonicMs(),
      longest: { travelMs: plan.travelMs, watchLagMs: plan.watchLagMs },
      onFault: (fault) => chronicle.befallen(fault),
    })
    const leaderElection = plan.replicas > 0
    const own = { random: random.fork(`replica ${index}`), weather, leaderElection }
    return new Replica({ index, server, clock, chronicle, traffic, ...own })
  })
  return { clock, server, people, controllers, replicas, chronicle, profiles, traffic }
}

/** Waits until nothing changes any more; undefined when that takes too long. */
async function rest(stage: Stage, clock: SimClock): Promise<number | undefined> {
  const fromMs = clock.monotonicMs()
  for (;;) {
    const steadyMs = stage.replicas.map(({ steadySinceMs }) => steadySinceMs ?? Infinity)
    const sinceMs = Math.max(fromMs, lastChangeMs(stage.chronicle), ...steadyMs)
    const troubled = stage.chronicle.logs.some(({ atMs }) => atMs > sinceMs - 120_000)
    const quietMs = troubled ? silenceAfterTroubleMs : silenceMs
    if (isSettled(stage) && clock.monotonicMs() >= sinceMs + quietMs) return clock.monotonicMs()
    if (clock.monotonicMs() > fromMs + restWithinMs) return undefined
    await clock.runUntil(clock.monotonicMs() + stepMs)
  }
}

/**
 * Without any operator: somebody types the documented line for what is paused, and time does the rest. Undefined when
 * that takes longer than the holds that were left behind, one for each pod.
 */
async function endAlone({ server, people }: Stage, clock: SimClock): Promise<number | undefined> {
  const all = (): RawDeployment[] => [...server.objects(deployments, namespace)] as RawDeployment[]
  for (const { metadata, spec } of all()) if (spec.paused === true) await people.pause(metadata.name, false)
  const holds = all().map(
    ({ spec, status }) => ((spec.replicas ?? 1) + (status?.replicas ?? 0) + 1) * ((spec.minReadySeconds ?? 0) + 5),
  )
  const limitMs = clock.monotonicMs() + Math.max(0, ...holds) * 1000
  for (;;) {
    if (all().every(isRolledOut)) return clock.monotonicMs()
    if (clock.monotonicMs() > limitMs) return undefined
    await clock.runUntil(clock.monotonicMs() + stepMs)
  }
}

/** Everybody lists anew, three times, and then another process leads, with nothing but what the API server knows. */
async function quiet({ server, chronicle, replicas }: Stage, clock: SimClock): Promise<void> {
  for (let round = 1; round <= 3; round += 1) {
    chronicle.line(clock.monotonicMs(), `--- everybody lists again (${round})`)
    server.compact()
    server.dropWatches()
    await clock.runUntil(clock.monotonicMs() + (round === 3 ? afterwardsMs : 4000))
  }
  chronicle.line(clock.monotonicMs(), '--- another process leads')
  for (const replica of replicas) replica.stop()
  await clock.runUntil(clock.monotonicMs() + restartMs + afterwardsMs)
}

/** A new leader begins to wait anew. */
function changesLeader({ before, object }: SeenWrite): boolean {
  const holder = (lease: Lease | undefined): string | undefined => lease?.spec?.holderIdentity
  return holder(before) !== holder(object)
}

function isSettled({ server, controllers }: Stage): boolean {
  const settledPods = (server.objects(pods, namespace) as RawPod[]).every((pod) => isReady(pod) && !isTerminating(pod))
  const rollsNothing = (server.objects(deployments, namespace) as RawDeployment[]).every(isRolledOut)
  return settledPods && rollsNothing && controllers.idle
}

function lastChangeMs({ writes }: Chronicle): number {
  for (let index = writes.length - 1; index >= 0; index -= 1) {
    const write = writes[index]
    if (write !== undefined && (write.resource.plural !== 'leases' || changesLeader(write))) return write.atMs
  }
  return 0
}
