import { exitCodes } from './exit-codes.ts'
import type { AdminSubject } from '../admin/admin-server.ts'
import { planDrain } from './contract.ts'
import type { ContractTerms, DrainPlan } from './contract.ts'
import { boundedReport, reportLine } from '../report/bounded-report.ts'
import { writeTerminationMessage } from '../report/deliver-report.ts'
import { DrainError } from '../errors.ts'
import { runHooks } from './hooks.ts'
import type { DrainHook, HookOptions } from './hooks.ts'
import { renderMetrics } from '../admin/metrics.ts'
import type { Logger } from '../logger.ts'
import type { Settings } from '../options.ts'
import type { Phase } from './phase.ts'
import type { Protocol } from '../protocol/protocol.ts'
import { drainReportSchema } from '../report/report.ts'
import type { DrainReport, DrainTrigger, LateArrivals } from '../report/report.ts'
import type { Surroundings } from '../surroundings.ts'
import type { Traffic } from '../traffic/traffic.ts'

/** What requests get after their signals were aborted at the deadline, to still say something to their clients. */
const farewellMs = 100

/** One drain, from its start until it is called off or done. */
interface Drain {
  trigger: DrainTrigger
  plan: DrainPlan
  startMs: number
  startedAt: string
  before: DrainReport['before']
  inFlight: DrainReport['inFlight']
  listenerClosedMs: number | null
  /** How many signals have come since the drain began, or began it. */
  signals: number
  delayOver: boolean
  /** Nothing is waited for any more: the end has begun. */
  ending: boolean
  cancelTimers: (() => void)[]
}

/**
 * The drain of one process: serving -> converging -> closing -> done. The only way back is from converging to
 * serving, when a hook called and no signal followed.
 */
export class DrainProcess implements AdminSubject {
  readonly drained: Promise<DrainReport>
  report: DrainReport | undefined
  readonly #settings: Settings
  readonly #protocol: Protocol
  readonly #traffic: Traffic
  readonly #surroundings: Surroundings
  readonly #logger: Logger
  readonly #hooks = new Set<DrainHook>()
  readonly #deadline = new AbortController()
  readonly #resolveDrained: (report: DrainReport) => void
  #state: Phase = 'serving'
  #drain: Drain | undefined

  constructor(settings: Settings, protocol: Protocol, traffic: Traffic, surroundings: Surroundings, logger: Logger) {
    this.#settings = settings
    this.#protocol = protocol
    this.#traffic = traffic
    this.#surroundings = surroundings
    this.#logger = logger
    const { promise, resolve } = Promise.withResolvers<DrainReport>()
    this.drained = promise
    this.#resolveDrained = resolve
  }

  get state(): Phase {
    return this.#state
  }

  get started(): boolean {
    return this.#traffic.listening
  }

  get signal(): AbortSignal {
    return this.#deadline.signal
  }

  addHook(hook: DrainHook, _options: HookOptions = {}): () => void {
    this.#hooks.add(hook)
    return () => this.#hooks.delete(hook)
  }

  metrics(): string {
    return renderMetrics(this.#traffic, this.#state)
  }

  drainByHook(terms: ContractTerms): boolean {
    return this.begin('preStop', terms)
  }

  /** @returns false when a drain is under way already: it goes on as it began */
  begin(trigger: DrainTrigger, queryTerms: ContractTerms = {}): boolean {
    if (this.#drain !== undefined) return false
    const { clock } = this.#surroundings
    const { optionTerms, environmentTerms, undrainAfterMs } = this.#settings
    const plan = planDrain(queryTerms, optionTerms, environmentTerms)
    const drain: Drain = {
      trigger,
      plan,
      startMs: clock.nowMs(),
      startedAt: new Date(clock.wallMs()).toISOString(),
      before: this.#traffic.before(),
      inFlight: { atDrainStart: this.#traffic.inFlight, atListenerClose: 0, atDeadline: 0 },
      listenerClosedMs: null,
      signals: trigger === 'signal' ? 1 : 0,
      delayOver: false,
      ending: false,
      cancelTimers: [],
    }
    this.#drain = drain
    this.#state = 'converging'
    this.#traffic.beginDrain(drain.startMs)
    this.#protocol.shed()
    const after = (delayMs: number, step: () => void): number => drain.cancelTimers.push(clock.after(delayMs, step))
    after(plan.deadlineMs, () => this.#reachDeadline(drain))
    after(plan.delayMs, () => {
      drain.delayOver = true
      if (isConfirmed(drain)) void this.#close(drain)
    })
    if (trigger === 'preStop') after(undrainAfterMs, () => this.#callOff(drain))
    this.#logger.info({ trigger, ...plan }, 'drain began')
    if (plan.warning !== undefined) this.#logger.warn({}, plan.warning)
    return true
  }

  /** The first signal begins a drain, or confirms the one that a hook or a call began; the second one ends it. */
  receiveSignal(name: string): void {
    const drain = this.#drain
    if (drain === undefined) {
      this.begin('signal')
      return
    }
    drain.signals += 1
    if (drain.signals === 1) {
      if (drain.trigger === 'preStop') this.#confirm(drain)
    } else if (this.#settings.secondSignal === 'exit') {
      this.#logger.warn({ signal: name, state: this.#state }, 'a second signal ends the drain')
      this.#cutOff(drain)
      this.#finish(drain, 'forced')
    }
  }

  /** Kubelet's signal after its hook: what the hook's drain has put off until now. */
  #confirm(drain: Drain): void {
    if (this.#sinceStartMs(drain) >= drain.plan.deadlineMs) this.#reachDeadline(drain)
    else if (drain.delayOver) void this.#close(drain)
  }

  #callOff(drain: Drain): void {
    if (isConfirmed(drain)) return
    cancelTimers(drain)
    this.#drain = undefined
    this.#state = 'serving'
    this.#traffic.endDrain()
    this.#protocol.keep()
    const message = 'no signal followed the preStop call: the drain is called off and the process is ready again'
    this.#logger.warn({ afterMs: Math.round(this.#sinceStartMs(drain)) }, message)
  }

  async #close(drain: Drain): Promise<void> {
    this.#state = 'closing'
    await this.#protocol.closeListener()
    if (drain.ending) return
    drain.listenerClosedMs = this.#sinceStartMs(drain)
    drain.inFlight.atListenerClose = this.#traffic.inFlight
    await this.#protocol.settle(drain.startMs + drain.plan.deadlineMs)
    if (!drain.ending) await this.#end(drain)
  }

  #reachDeadline(drain: Drain): void {
    if (!isConfirmed(drain) || drain.ending) return
    drain.ending = true
    this.#state = 'closing'
    drain.inFlight.atDeadline = this.#traffic.inFlight
    const reason = new DrainError('ERR_DRAIN_DEADLINE', `the drain deadline of ${drain.plan.deadlineMs} ms has come`)
    this.#deadline.abort(reason)
    this.#protocol.abort(reason)
    this.#surroundings.clock.after(farewellMs, () => {
      if (this.#state === 'done') return
      this.#cutOff(drain)
      void this.#end(drain)
    })
  }

  /** Ends what is left of the traffic, at once. */
  #cutOff(drain: Drain): void {
    drain.ending = true
    drain.inFlight.atDeadline = Math.max(drain.inFlight.atDeadline, this.#traffic.inFlight)
    this.#protocol.force()
  }

  /** No traffic is left: the hooks run, then the report is written. */
  async #end(drain: Drain): Promise<void> {
    drain.ending = true
    const remainingMs = drain.plan.hooksUntilMs - this.#sinceStartMs(drain)
    const hooksEnded = await runHooks(this.#hooks, remainingMs, this.#surroundings.clock, (error) =>
      this.#logger.error({ error: String(error) }, 'a drain hook failed'),
    )
    const { connections, requests } = this.#protocol.loss
    this.#finish(drain, hooksEnded && connections === 0 && requests === 0 ? 'clean' : 'forced')
  }

  /**
   * The watchdog's call, in an event loop that is stuck: the report says forced, and the process ends before anything
   * else runs.
   */
  emergencyReport(): void {
    const drain = this.#drain
    if (drain === undefined) return
    this.#cutOff(drain)
    this.#finish(drain, 'forced')
    this.#surroundings.exit(exitCodes.stuck)
  }

  #finish(drain: Drain, verdict: DrainReport['verdict']): void {
    if (this.#state === 'done') return
    this.#state = 'done'
    cancelTimers(drain)
    const report = boundedReport(this.#reportOn(drain, verdict))
    this.report = report
    writeTerminationMessage(report, this.#settings.terminationMessagePath, this.#logger)
    this.#resolveDrained(report)
    void this.#leave(report)
  }

  async #leave(report: DrainReport): Promise<void> {
    const { exit, stdout } = this.#settings
    const { clock } = this.#surroundings
    // A pipe that nobody reads must not keep a drained process from exiting.
    const givenUp = new Promise<void>((resolve) => void clock.after(farewellMs, resolve))
    if (stdout) await Promise.race([this.#surroundings.writeStdout(reportLine(report)), givenUp])
    if (exit) this.#surroundings.exit(report.verdict === 'clean' ? 0 : 1)
  }

  #reportOn(drain: Drain, verdict: DrainReport['verdict']): DrainReport {
    const { late, longestRequestMs } = this.#traffic
    return {
      schema: drainReportSchema,
      trigger: drain.trigger,
      drainStartedAt: drain.startedAt,
      drainDelayMs: drain.plan.delayMs,
      deadlineMs: drain.plan.deadlineMs,
      listenerClosedMs: drain.listenerClosedMs === null ? null : rounded(drain.listenerClosedMs),
      finishedMs: rounded(this.#sinceStartMs(drain)),
      before: { ...drain.before, windowMs: rounded(drain.before.windowMs) },
      late: { connections: roundedLate(late.connections), requests: roundedLate(late.requests) },
      inFlight: drain.inFlight,
      longestRequestMs: rounded(longestRequestMs),
      forced: { ...this.#protocol.loss },
      verdict,
    }
  }

  #sinceStartMs(drain: Drain): number {
    return this.#surroundings.clock.nowMs() - drain.startMs
  }
}

/** A hook's drain goes no further than converging before the signal that kubelet sends right after the hook. */
function isConfirmed(drain: Drain): boolean {
  return drain.trigger !== 'preStop' || drain.signals > 0
}

function cancelTimers(drain: Drain): void {
  for (const cancel of drain.cancelTimers) cancel()
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds)
}

function roundedLate({ count, lastMs }: LateArrivals): LateArrivals {
  return { count, lastMs: lastMs === null ? null : rounded(lastMs) }
}
