import type { Cluster, Worker } from 'node:cluster'
import type { AdminSubject } from '../admin/routes.ts'
import type { Logger } from '../logger.ts'
import type { Settings } from '../options.ts'
import type { ContractTerms } from '../process/contract.ts'
import { ContractFile } from '../process/contract-file.ts'
import { depart } from '../process/departure.ts'
import { HookTrust } from '../process/hook-trust.ts'
import type { Phase } from '../process/phase.ts'
import { planDrain } from '../process/plan.ts'
import type { DrainPlan } from '../process/plan.ts'
import { gateEvents } from '../protocol/server-events.ts'
import type { HandOn } from '../protocol/server-events.ts'
import { drainReportSchema } from '../report/report.ts'
import type { DrainReport, DrainTrigger } from '../report/report.ts'
import type { Surroundings } from '../surroundings.ts'
import { mergeMetrics } from './merge-metrics.ts'
import { mergeReports } from './merge-reports.ts'
import { Member } from './worker-member.ts'

interface ClusterDrain {
  trigger: DrainTrigger
  terms: ContractTerms
  plan: DrainPlan
  startMs: number
  startedAt: string
  confirmed: boolean
  signals: number
  reports: DrainReport[]
  /** Of the workers that have ended. */
  exitCodes: number[]
  /** Workers that ended without a report, though they had to leave one. */
  lost: number
  /** Hands the application the ends of workers that it was not told of. */
  untold: (() => void)[]
  timers: (() => void)[]
}

const phases: readonly Phase[] = ['serving', 'converging', 'closing', 'done']

/**
 * The drain of a cluster, in its primary: each worker drains itself, and is told here when to begin, when a signal has
 * come, and nothing else. The cluster is drained when no worker is left.
 */
export class Coordinator implements AdminSubject {
  readonly drained: Promise<DrainReport>
  report: DrainReport | undefined
  readonly #settings: Settings
  readonly #surroundings: Surroundings
  readonly #logger: Logger
  readonly #contractFile: ContractFile | undefined
  readonly #members = new Map<number, Member>()
  readonly #openGate: () => void
  readonly #resolveDrained: (report: DrainReport) => void
  #everListened = false
  readonly #hookTrust: HookTrust
  #drain: ClusterDrain | undefined

  constructor(cluster: Cluster, settings: Settings, surroundings: Surroundings, logger: Logger) {
    this.#settings = settings
    this.#surroundings = surroundings
    this.#logger = logger
    this.#hookTrust = new HookTrust(surroundings.clock, logger, settings.undrainAfterMs)
    this.#contractFile =
      settings.contractFile === undefined ? undefined : new ContractFile(settings.contractFile, logger)
    const { promise, resolve } = Promise.withResolvers<DrainReport>()
    this.drained = promise
    this.#resolveDrained = resolve
    this.#openGate = gateEvents(cluster, (event, values, handOn) => this.#see(event, values, handOn))
  }

  /** As far as the last of the workers is; a drain that this one began counts before they have told. */
  get state(): Phase {
    if (this.report !== undefined) return 'done'
    const joined = [...this.#members.values()].filter(({ joined }) => joined)
    if (this.#drain === undefined && (joined.length === 0 || joined.some(({ phase }) => phase === 'serving')))
      return 'serving'
    const reached = joined.map(({ phase }) => Math.max(1, phases.indexOf(phase)))
    return phases[Math.min(2, ...reached)] ?? 'closing'
  }

  /** A worker listens, or has. */
  get started(): boolean {
    return this.#everListened
  }

  drainByHook(terms: ContractTerms): boolean {
    if (this.#drain === undefined && !this.#hookTrust.believes(terms)) return false
    return this.begin('preStop', terms)
  }

  /** @returns false when a drain is under way already */
  begin(trigger: DrainTrigger, terms: ContractTerms = {}): boolean {
    if (this.#drain !== undefined) return false
    const { clock } = this.#surroundings
    const { optionTerms, environmentTerms, undrainAfterMs } = this.#settings
    const sources = [terms, optionTerms, this.#contractFile?.read() ?? {}, environmentTerms]
    const drain: ClusterDrain = {
      trigger,
      terms,
      plan: planDrain(sources, (message) => this.#logger.warn({}, message)),
      startMs: clock.nowMs(),
      startedAt: new Date(clock.wallMs()).toISOString(),
      confirmed: trigger !== 'preStop',
      signals: trigger === 'signal' ? 1 : 0,
      reports: [],
      exitCodes: [],
      lost: 0,
      untold: [],
      timers: [],
    }
    this.#drain = drain
    this.#logger.info({ trigger, ...drain.plan, workers: this.#members.size }, 'drain of the cluster began')
    for (const member of this.#members.values()) this.#startMember(member, drain)
    const after = (delayMs: number, step: () => void): number => drain.timers.push(clock.after(delayMs, step))
    after(drain.plan.delayMs, () => this.#disconnectStrangers(drain))
    after(latestEndMs(drain.plan), () => this.#endWorkers(drain))
    if (trigger === 'preStop') after(undrainAfterMs, () => this.#callOff(drain))
    this.#finishWhenEmpty(drain)
    return true
  }

  receiveSignal(name: string): void {
    const proven = this.#hookTrust.provenBySignal()
    if (this.#drain === undefined && proven !== undefined) this.begin('preStop', proven)
    const drain = this.#drain
    if (drain === undefined) {
      this.begin('signal')
      return
    }
    drain.signals += 1
    drain.confirmed = true
    for (const member of this.#members.values()) member.tell({ kind: 'signal', signal: name })
    if (drain.signals > 1 && this.#settings.secondSignal === 'exit') this.#endStrangers()
    else if (this.#sinceStartMs(drain) >= drain.plan.delayMs) this.#disconnectStrangers(drain)
    this.#finishWhenEmpty(drain)
  }

  /** Of all workers that answer in time. */
  async metrics(): Promise<string> {
    const { clock } = this.#surroundings
    const texts = await Promise.all([...this.#members.values()].map((member) => member.metrics(clock)))
    return mergeMetrics(texts.filter((text) => text !== undefined))
  }

  release(): void {
    for (const cancel of this.#drain?.timers ?? []) cancel()
    this.#openGate()
  }

  /**
   * Stands before the application's listeners: while the cluster drains, it must not hear that a worker has ended, or
   * it would fork another one. When the drain is called off it hears of all that did.
   */
  #see(event: string | symbol, values: unknown[], handOn: HandOn): true | undefined {
    const worker = values[0] as Worker | undefined
    if (worker === undefined) return undefined
    if (event === 'fork') this.#addMember(worker)
    if (event === 'listening') this.#everListened = true
    const member = this.#members.get(worker.id)
    if (event === 'message') member?.hear(values[1])
    if (event !== 'exit' && event !== 'disconnect') return undefined
    if (event === 'exit') member?.exits(values[1] as number | null)
    else member?.fallsSilent()
    if (this.#drain === undefined) return undefined
    this.#drain.untold.push(() => handOn(event, values))
    return true
  }

  #addMember(worker: Worker): void {
    const member = new Member(worker, {
      joined: () => this.#drain && this.#startMember(member, this.#drain),
      reported: (report) => this.#drain?.reports.push(report),
      gone: () => this.#removeMember(worker.id, member),
    })
    this.#members.set(worker.id, member)
  }

  #startMember(member: Member, { trigger, terms, signals }: ClusterDrain): void {
    member.tell({ kind: 'drain', trigger, terms })
    if (trigger === 'preStop' && signals > 0) member.tell({ kind: 'signal', signal: 'SIGTERM' })
  }

  #removeMember(id: number, { exitCode, lost }: Member): void {
    this.#members.delete(id)
    const drain = this.#drain
    if (drain === undefined) return
    if (typeof exitCode === 'number') drain.exitCodes.push(exitCode)
    if (lost) {
      drain.lost += 1
      this.#logger.error({ worker: id, exitCode }, 'a worker ended in the middle of the drain')
    }
    this.#finishWhenEmpty(drain)
  }

  /** Workers without drain-server stop accepting when routing has let go, and end when their connections do. */
  #disconnectStrangers(drain: ClusterDrain): void {
    if (!drain.confirmed) return
    for (const member of this.#members.values()) {
      if (!member.joined) member.disconnect()
    }
  }

  #endStrangers(): void {
    for (const member of this.#members.values()) {
      if (!member.joined) member.kill()
    }
  }

  #endWorkers(drain: ClusterDrain): void {
    if (!drain.confirmed) return
    for (const member of this.#members.values()) member.kill()
  }

  /** The workers have the same rule, and call off their drains themselves. */
  #callOff(drain: ClusterDrain): void {
    if (drain.confirmed) return
    for (const cancel of drain.timers) cancel()
    this.#drain = undefined
    this.#hookTrust.disappoint()
    this.#logger.warn({ afterMs: Math.round(this.#sinceStartMs(drain)) }, 'the drain of the cluster is called off')
    for (const tell of drain.untold) tell()
  }

  #finishWhenEmpty(drain: ClusterDrain): void {
    if (this.#members.size > 0 || !drain.confirmed || this.report !== undefined) return
    for (const cancel of drain.timers) cancel()
    void this.#finish(drain)
  }

  async #finish(drain: ClusterDrain): Promise<void> {
    const { exit, exitCodes } = this.#settings
    const verdict = drain.lost > 0 ? 'forced' : 'clean'
    const merged = mergeReports(
      {
        schema: drainReportSchema,
        trigger: drain.trigger,
        drainStartedAt: drain.startedAt,
        drainDelayMs: drain.plan.delayMs,
        deadlineMs: drain.plan.deadlineMs,
        finishedMs: Math.round(this.#sinceStartMs(drain)),
        verdict,
        exitCode: null,
      },
      drain.reports,
    )
    const exitCode = exit ? Math.max(exitCodes[merged.verdict], ...drain.exitCodes) : null
    this.report = { ...merged, exitCode }
    this.#resolveDrained(this.report)
    await depart(this.report, this.#settings, this.#surroundings, this.#logger)
    if (exitCode !== null) this.#surroundings.exit(exitCode)
  }

  #sinceStartMs(drain: ClusterDrain): number {
    return this.#surroundings.clock.nowMs() - drain.startMs
  }
}

/** Workers have ended by themselves then, even those that were stuck; kubelet has not killed yet. */
function latestEndMs({ hooksUntilMs, stuckAtMs }: DrainPlan): number {
  return stuckAtMs + (stuckAtMs - hooksUntilMs) / 2
}
