import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import type { Clock, KubeApi, Timer } from '../../kube/index.ts'
import {
  type Counts,
  type Epoch,
  type EpochMemory,
  isHealthyAtRest,
  judgeEpoch,
  type PaceVerdict,
  type Reading,
  sumOf,
  type Verdict,
  withCrashes,
} from '../../pacing/index.ts'
import type { WatchedPod } from '../../signals/index.ts'
import type { OperatorMetrics } from '../metrics.ts'
import { Crashes } from './crashes.ts'
import type { Ear } from './ear.ts'
import { Ends, type PodEnded } from './ends.ts'
import { historyMs } from './pods-ear.ts'
import type { Sight, SightTarget } from './sight.ts'
import { type Span, spanOf, startsOf } from './span.ts'
import { Surroundings } from './surroundings.ts'
import { termsOf } from './terms.ts'
import { type PodSeen, watchedPods } from './watched-pods.ts'

/** Makes what listens to a target. `pods` gives those that can be asked now. */
export type Listen = (target: SightTarget, pods: () => readonly WatchedPod[]) => Ear

export interface RolloutWatchOptions {
  readonly clock: Clock
  readonly api: Pick<KubeApi, 'list'>
  readonly pods: (namespace: string, deployment: string) => readonly PodSeen[]
  readonly listen: Listen
  /** What is known is not what it was. Never called from within `follow`. */
  readonly changed: () => void
  readonly log: Pick<Logger, 'warn' | 'error'>
  readonly metrics: Pick<OperatorMetrics, 'setVerdict' | 'forgetVerdict'>
}

const rolloutTickMs = 2000
/** A complete step is looked at again after half of the time that it was watched: a busy service does not wait for us. */
const leastTickMs = 500
const restTickMs = 10_000
/** How often people are told other figures of the same verdict; of a long rollout, after another tenth of its time. */
const tellMs = 10_000
const tellShare = 0.1

const failed: Reading = {
  kind: 'silent',
  reason: 'NoData',
  message: 'listening failed: the log of drainkeeper says why',
}

/** The watch of one target: one tick after the other, until it is stopped. */
export class RolloutWatch {
  readonly #with: RolloutWatchOptions
  readonly #surroundings: Surroundings
  readonly #ends = new Ends()
  readonly #crashes = new Crashes()
  #target: SightTarget
  #span: Span
  #ear: Ear
  /** Of its own epoch: the judge knows by blameFromMs whether that is still the present one. */
  #memory: EpochMemory | undefined
  #pace: PaceVerdict
  #verdict: Verdict | undefined
  #verdictAtMs = 0
  /** The breach that people were told of has begun another epoch: it is why things are as they are, until more is known. */
  #answered = false
  #baseline: { readonly counts: Counts; readonly atMs: number } | undefined
  /** What the caller knows. */
  #published: Sight
  #timer: Timer | undefined
  #tick: AbortController | undefined
  /** The tick under way is about something that is over. */
  #again = false
  #stopped = false

  constructor(options: RolloutWatchOptions, target: SightTarget, epoch: Epoch | undefined) {
    this.#with = options
    this.#surroundings = new Surroundings(options.api, options.log)
    this.#target = target
    this.#span = spanOf(undefined, epoch, target.revisionId, options.clock)
    this.#pace = unheard(this.#span)
    this.#ear = this.#listen()
    this.#published = this.sight
    this.#soon()
  }

  get sight(): Sight {
    const { hash, disruptionsAllowed } = this.#surroundings
    return {
      pace: this.#pace,
      ...(this.#verdict === undefined ? {} : { verdict: this.#verdict }),
      ...(this.#baseline === undefined ? {} : { baseline: this.#baseline.counts }),
      ...(hash === undefined ? {} : { podTemplateHash: hash }),
      ...(disruptionsAllowed === undefined ? {} : { disruptionsAllowed }),
    }
  }

  get revisionId(): string {
    return this.#target.revisionId
  }

  follow(target: SightTarget, epoch: Epoch | undefined): void {
    const span = spanOf(this.#span, epoch, target.revisionId, this.#with.clock)
    const sameTarget = isDeepStrictEqual(target, this.#target)
    if (sameTarget && span === this.#span) return
    if (!sameTarget) this.#turnTo(target)
    if (span !== this.#span) this.#begin(span)
    this.#published = this.sight
    this.#soon()
  }

  isOf({ namespace, deployment }: PodEnded): boolean {
    return this.#target.namespace === namespace && this.#target.deployment === deployment
  }

  ended(end: PodEnded): void {
    this.#ends.add(end, this.#with.clock.monotonicMs())
  }

  stop(): void {
    this.#stopped = true
    this.#note(undefined)
    this.#timer?.cancel()
    this.#tick?.abort(new Error('no longer followed'))
  }

  #listen(): Ear {
    return this.#with.listen(this.#target, () => {
      const { namespace, deployment, drainPort: port } = this.#target
      const rolling = this.#span.kind === 'rollout'
      return watchedPods(this.#with.pods(namespace, deployment), { port, hash: this.#surroundings.hash, rolling })
    })
  }

  #turnTo(target: SightTarget): void {
    const before = this.#target
    this.#target = target
    if (before.revisionId !== target.revisionId) this.#surroundings.forgetHash()
    // Nothing that was told of the version before is told of this one, least of all the breach that it may be the fix of.
    if (before.templateId !== target.templateId) this.#note(undefined)
    if (sourceOf(before) !== sourceOf(target)) {
      this.#ear = this.#listen()
      // What another source counted cannot be subtracted from what this one counts.
      if (this.#memory !== undefined) this.#memory = { ...this.#memory, steps: [] }
      this.#baseline = undefined
    }
    this.#tick?.abort(new Error('another target is followed'))
  }

  #begin(span: Span): void {
    const before = this.#span
    this.#span = span
    const same = before.kind === 'rollout' && span.kind === 'rollout' && before.blame === span.blame
    if (before.kind !== span.kind) this.#note(undefined)
    if (!same) this.#answered = this.#verdict?.kind === 'Breached'
    const stays = same && (this.#pace.outcome === 'Breached' || before.observed === span.observed)
    if (!stays) this.#pace = unheard(span)
  }

  /** The next tick follows at once; on the one under way, if there is one. */
  #soon(): void {
    if (this.#tick === undefined) this.#schedule(0)
    else this.#again = true
  }

  #schedule(delayMs: number): void {
    this.#timer?.cancel()
    this.#timer = this.#with.clock.setTimeout(() => void this.#run(), delayMs)
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#with
    const { namespace, deployment } = this.#target
    const begunMs = clock.monotonicMs()
    const tick = new AbortController()
    this.#tick = tick
    this.#again = false
    try {
      await this.#look(tick.signal)
    } catch (error) {
      if (!tick.signal.aborted) log.error({ namespace, deployment, err: error }, 'the watch of a rollout failed')
    }
    this.#tick = undefined
    if (this.#stopped) return
    const everyMs = this.#everyMs(begunMs)
    // A source that is slow has a pause all the same.
    this.#schedule(this.#again ? 0 : Math.max(everyMs / 2, begunMs + everyMs - clock.monotonicMs()))
  }

  #everyMs(nowMs: number): number {
    if (this.#span.kind === 'rest') return restTickMs
    if (this.#span.epoch.settledMs === undefined) return rolloutTickMs
    return Math.min(rolloutTickMs, Math.max(leastTickMs, (nowMs - this.#span.observed.monotonicMs) / 2))
  }

  async #look(abort: AbortSignal): Promise<void> {
    const target = this.#target
    const ear = this.#ear
    await this.#surroundings.findHash(target, abort)
    abort.throwIfAborted()
    const span = this.#span
    const nowMs = this.#with.clock.monotonicMs()
    const starts = startsOf(span, nowMs, historyMs)
    const [readings] = await Promise.all([
      this.#hear(ear, starts, abort),
      span.kind === 'rollout' ? this.#surroundings.countDisruptions(target, abort) : undefined,
    ])
    abort.throwIfAborted()
    this.#ends.settle((podUid) => ear.forcedOf(podUid))
    this.#crashes.look(this.#with.pods(target.namespace, target.deployment), this.#surroundings.hash, nowMs)
    const since = (ms: number): Reading => this.#ends.addTo(readings[starts.indexOf(ms)] ?? failed, ms)
    if (span === this.#span) this.#conclude(span, since, nowMs)
    this.#ends.forgetBefore(Math.min(nowMs - historyMs, ...starts))
    this.#crashes.forgetBefore(Math.min(nowMs - historyMs, ...starts))
    this.#publish()
  }

  async #hear(ear: Ear, starts: readonly number[], abort: AbortSignal): Promise<readonly Reading[]> {
    try {
      return await ear.hear(starts, abort)
    } catch (error) {
      abort.throwIfAborted()
      const { namespace, deployment } = this.#target
      this.#with.log.error({ namespace, deployment, err: error }, 'listening to a rollout failed')
      return starts.map(() => failed)
    }
  }

  #conclude(span: Span, since: (ms: number) => Reading, nowMs: number): void {
    const terms = termsOf(this.#target.pacing)
    if (span.kind === 'rollout') {
      const heard = { sinceBlame: since(span.blame.monotonicMs), sinceObserved: since(span.observed.monotonicMs) }
      const judged = judgeEpoch(this.#memory, span.epoch, heard, terms)
      const crashed = this.#crashes.since(span.blame.monotonicMs)
      const { memory, pace, verdict } = withCrashes(judged, crashed, span.epoch)
      this.#memory = memory
      this.#pace = pace
      this.#tell(this.#surroundings.tell(verdict), nowMs, span.blame.monotonicMs)
      return
    }
    const [start = nowMs] = startsOf(span, nowMs, historyMs)
    const reading = since(start)
    if (reading.kind === 'silent') {
      if (this.#baseline !== undefined && nowMs - this.#baseline.atMs >= historyMs) this.#baseline = undefined
      return
    }
    const counts = sumOf(Object.values(reading.counts))
    this.#baseline = { counts, atMs: nowMs }
    // A span whose beginning moves would be another test at each look.
    const whole = start === span.since.monotonicMs
    if (whole && isHealthyAtRest(counts, terms)) this.#pace = { outcome: 'Healthy', sinceMs: span.since.wallMs }
  }

  #tell(verdict: Verdict, nowMs: number, begunMs: number): void {
    if (this.#answered && verdict.kind === 'Inconclusive') return
    this.#answered = false
    const everyMs = Math.max(tellMs, (nowMs - begunMs) * tellShare)
    const due = nowMs - this.#verdictAtMs >= everyMs && !isDeepStrictEqual(this.#verdict, verdict)
    if (!due && this.#verdict !== undefined && kindOf(this.#verdict) === kindOf(verdict)) return
    this.#note(verdict)
    this.#verdictAtMs = nowMs
  }

  #note(verdict: Verdict | undefined): void {
    const { namespace, policy, deployment: target } = this.#target
    this.#verdict = verdict
    if (verdict === undefined) this.#with.metrics.forgetVerdict({ namespace, policy, target })
    else this.#with.metrics.setVerdict({ namespace, policy, target }, verdict)
  }

  #publish(): void {
    const before = this.#published
    this.#published = this.sight
    const told = ({ pace, verdict, podTemplateHash, disruptionsAllowed }: Sight): unknown[] => [
      pace,
      verdict,
      podTemplateHash,
      disruptionsAllowed,
    ]
    if (!isDeepStrictEqual(told(before), told(this.#published))) this.#with.changed()
  }
}

function unheard(span: Span): PaceVerdict {
  return { outcome: 'Inconclusive', sinceMs: span.kind === 'rest' ? span.since.wallMs : span.observed.wallMs }
}

/**
 * Two targets with the same are listened to by the same ear. Pods that could not be asked before began before: what they
 * have counted is not of this watch.
 */
function sourceOf({ service, drainPort, pacing: { source, prometheus } }: SightTarget): string {
  return JSON.stringify(source === 'Pods' ? [source, drainPort !== undefined] : [source, service, prometheus])
}

function kindOf(verdict: Verdict): string {
  return verdict.kind === 'Inconclusive' ? `${verdict.kind} ${verdict.reason}` : verdict.kind
}
