import type { Reading, Silence } from '../../pacing/index.ts'
import type { Ask } from '../ask/index.ts'
import { silent, type Signal, type Silent } from '../signal.ts'
import { createScrape, type ScrapeLimits, type Target } from './scrape.ts'
import { beginTally, forgetGone, hear, type PodSeen, type Role } from './tally.ts'

/** A pod of the watched Deployment that has an address. `port` is the admin port of drain-server. */
export interface WatchedPod extends PodSeen, Target {
  /** Terminating, else of the new revision, else background. */
  readonly role: Role
}

export interface PodsOptions extends Partial<ScrapeLimits> {
  /** The pods as they are known now. Called once at once: those began before the watch. */
  readonly pods: () => readonly WatchedPod[]
  readonly ask: Ask
  /** How many pods are asked at a time. Default: 16. */
  readonly concurrency?: number
}

export interface PodsSignal extends Signal {
  /** Of what it counted as errors of this pod: what its drain cut off. 0 also for a pod that is long gone. */
  forcedOf(podUid: string): number
}

/** How many pods that are gone are remembered, for those who tell late of how they ended. */
const rememberedGone = 256

/**
 * Counts since it was created, by asking every pod at each reading. Pods that do not answer keep what they last said; a
 * reading in which none answers is silent. Readings of one signal follow one another.
 */
export function createPodsSignal({ pods, ask, ...options }: PodsOptions): PodsSignal {
  const { concurrency = 16, timeoutMs = 2000, limitBytes = 256 * 1024 } = options
  const scrape = createScrape(ask, { timeoutMs, limitBytes })
  let tally = beginTally(pods())
  let last: Promise<unknown> = Promise.resolve()

  async function read(abort: AbortSignal | undefined): Promise<Reading> {
    const watched = pods()
    tally = forgetGone(tally, new Set(watched.map(({ uid }) => uid)), rememberedGone)
    const failures: Silent[] = []
    await each(watched, concurrency, async (pod) => {
      abort?.throwIfAborted()
      const answer = await scrape(pod, abort)
      if (answer.kind === 'silent') failures.push(answer)
      else tally = hear(tally, { ...pod, counters: answer.counters })
    })
    if (watched.length === 0) return silent('NoData', 'there is no pod to ask')
    if (failures.length === watched.length) return mostFrequent(failures, watched.length)
    return { kind: 'counts', counts: tally.counts }
  }

  return {
    read(abort) {
      const reading = last.then(() => read(abort))
      last = reading.catch(() => {})
      return reading
    },
    forcedOf: (podUid) => tally.pods.get(podUid)?.forced ?? 0,
  }
}

async function each<T>(items: readonly T[], concurrency: number, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values()
  const worker = async (): Promise<void> => {
    for (const item of waiting) await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker))
}

/** Of the reasons why no pod answered the one that most of them gave; of equal ones the first. */
function mostFrequent(failures: readonly Silent[], asked: number): Silent {
  const times = new Map<Silence, number>()
  for (const { reason } of failures) times.set(reason, (times.get(reason) ?? 0) + 1)
  const most = Math.max(...times.values())
  const told = failures.find(({ reason }) => times.get(reason) === most)
  if (told === undefined) return silent('NoData', 'there is no pod to ask')
  return silent(told.reason, `none of ${asked} pods gave counts: ${told.message}`)
}
