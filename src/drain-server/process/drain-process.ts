import type { AdminSubject } from '../admin/routes.ts'
import { renderMetrics } from '../admin/metrics.ts'
import { DrainError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import type { Settings } from '../options.ts'
import type { Protocol } from '../protocol/protocol.ts'
import { publishPhase } from '../report/channels.ts'
import type { ConvergenceEnd, DrainReport, DrainTrigger } from '../report/report.ts'
import type { Surroundings } from '../surroundings.ts'
import type { Traffic } from '../traffic/traffic.ts'
import { ContractFile } from './contract-file.ts'
import type { ContractTerms } from './contract.ts'
import { converge, quietPeriodMs } from './convergence.ts'
import { depart } from './departure.ts'
import type { ExitReason } from './exit-codes.ts'
import { guardAgainstErrors, guardAgainstHanging } from './guards.ts'
import { HookRunner } from './hook-runner.ts'
import { HookList } from './hooks.ts'
import { HookTrust } from './hook-trust.ts'
import type { DrainHook, HookOptions, StartHook } from './hooks.ts'
import type { OngoingDrain } from './ongoing-drain.ts'
import type { Phase } from './phase.ts'
import { planDrain } from './plan.ts'
import { reportOn } from './report-on.ts'
import type { Ending } from './report-on.ts'
import { StartHooks } from './start-hooks.ts'

/** What requests get after their signals were aborted at the deadline, to still say something to their clients. */
const farewellMs = 100
const farewellTurns = 10
/** What a shell says of a process that SIGKILL ended. */
const killedExitCode = 137

/**
 * The drain of one process: serving -> converging -> closing -> done. The only way back is from converging to
 * serving, when a hook called, neither a signal nor a call of the application followed, and no error went uncaught.
 */
export class DrainProcess implements AdminSubject {
  readonly drained: Promise<DrainReport>
  report: DrainReport | undefined
  readonly #settings: Settings
  readonly #protocol: Protocol
  readonly #traffic: Traffic
  readonly #surroundings: Surroundings
  readonly #logger: Logger
  readonly #contractFile: ContractFile | undefined
  readonly #startHooks: StartHooks
  readonly #drainHooks = new HookList<DrainHook>()
  readonly #deadline = new AbortController()
  readonly #hookTrust: HookTrust
  readonly #resolveDrained: (report: DrainReport) => void
  #state: Phase = 'serving'
  #drain: OngoingDrain | undefined

  /** @throws DrainError ERR_DRAIN_OPTION when the contract file is malformed */
  constructor(settings: Settings, protocol: Protocol, traffic: Traffic, surroundings: Surroundings, logger: Logger) {
    this.#settings = settings
    this.#protocol = protocol
    this.#traffic = traffic
    this.#surroundings = surroundings
    this.#logger = logger
    this.#hookTrust = new HookTrust(surroundings.clock, logger, settings.undrainAfterMs)
    this.#contractFile =
      settings.contractFile === undefined ? undefined : new ContractFile(settings.contractFile, logger)
    this.#startHooks = new StartHooks(logger)
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

  /** @throws DrainError ERR_DRAIN_OPTION */
  addDrainHook(hook: DrainHook, options?: HookOptions): () => void {
    const added = this.#drainHooks.add(hook, options)
    return () => this.#drainHooks.remove(added)
  }

  /** @throws DrainError ERR_DRAIN_OPTION */
  addStartHook(hook: StartHook, options?: HookOptions): () => void {
    return this.#startHooks.add(hook, options)
  }

  metrics(): string {
    return renderMetrics(this.#traffic, this.#state, this.#drain?.hooks.ended())
  }

  /** @returns false when a drain is under way already, or when the call has to wait for its signal */
  drainByHook(terms: ContractTerms): boolean {
    if (this.#drain === undefined && !this.#hookTrust.believes(terms)) return false
    return this.begin('preStop', terms)
  }

  /**
   * @returns false when a drain is under way already: it goes on as it began, and is not called off any more unless it
   * was only a hook that called again
   */
  begin(trigger: DrainTrigger, queryTerms: ContractTerms = {}): boolean {
    if (this.#drain !== undefined) {
      if (trigger !== 'preStop') this.#confirm(this.#drain)
      return false
    }
    const drain = this.#open(trigger, queryTerms)
    const { plan, startMs, quietMs } = drain
    this.#drain = drain
    this.#traffic.beginDrain(startMs)
    this.#enter(drain, 'converging')
    this.#protocol.shed()
    this.#logger.info({ trigger, ...plan, quietMs }, 'drain began')
    if (this.#settings.uncaughtErrors === 'finish')
      drain.guards.push(guardAgainstErrors(drain, this.#surroundings, this.#logger))
    this.#watch(drain)
    this.#after(drain, plan.deadlineMs, () => this.#reachDeadline(drain))
    if (trigger === 'preStop') this.#after(drain, this.#settings.undrainAfterMs, () => this.#callOff(drain))
    else this.#after(drain, 0, () => this.#converge(drain))
    this.#startHooks.begin(drain.hooks, startMs + plan.deadlineMs)
    return true
  }

  /**
   * The application closes a server that still listens: in a drain that is left to the drain, which is then not called
   * off any more.
   */
  takesClosing(): boolean {
    if (this.#state !== 'converging' && this.#state !== 'closing') return false
    this.begin('call')
    return true
  }

  /** The first signal begins a drain, or confirms the one that a hook or a call began; the second one ends it. */
  receiveSignal(name: string): void {
    const proven = this.#hookTrust.provenBySignal()
    if (this.#drain === undefined && proven !== undefined) this.begin('preStop', proven)
    const drain = this.#drain
    if (drain === undefined) {
      this.begin('signal')
      return
    }
    drain.signals += 1
    if (drain.signals === 1) this.#confirm(drain)
    else if (this.#settings.secondSignal === 'exit' && this.#state !== 'done') {
      this.#logger.warn({ signal: name, state: this.#state }, 'a second signal ends the drain')
      this.#cutOff(drain)
      this.#finish(drain, 'forced')
    }
  }

  /**
   * The watchdog's call, in the midst of an event loop that is stuck: the report says forced, and the process ends
   * before anything else runs.
   */
  emergencyReport(): void {
    const drain = this.#drain
    if (drain === undefined) return
    try {
      this.#logger.error({ state: this.#state }, 'the event loop is stuck: the process ends')
      if (this.#state !== 'done') this.#cutOff(drain)
    } finally {
      // What was interrupted may be half done, and throw when it is asked for more: the report is written even then.
      this.#finish(drain, 'forced', 'stuck')
      this.#surroundings.exit(this.#settings.exitCodes.stuck)
    }
  }

  /** Stops what would still happen in a drain that is under way. */
  release(): void {
    if (this.#drain === undefined) return
    for (const cancel of this.#drain.timers) cancel()
    for (const letGo of this.#drain.guards) letGo()
  }

  #open(trigger: DrainTrigger, queryTerms: ContractTerms): OngoingDrain {
    const { clock } = this.#surroundings
    const { optionTerms, environmentTerms } = this.#settings
    const sources = [queryTerms, optionTerms, this.#contractFile?.read() ?? {}, environmentTerms]
    const before = this.#traffic.before()
    return {
      trigger,
      plan: planDrain(sources, (message) => this.#logger.warn({}, message)),
      quietMs: quietPeriodMs(before),
      startMs: clock.nowMs(),
      startedAt: new Date(clock.wallMs()).toISOString(),
      before,
      inFlight: { atDrainStart: this.#traffic.inFlight, atListenerClose: 0, atDeadline: 0 },
      hooks: new HookRunner(clock, this.#logger),
      errors: { count: 0, first: null },
      converged: undefined,
      listenerClosedMs: null,
      confirmed: trigger !== 'preStop',
      signals: trigger === 'signal' ? 1 : 0,
      ending: false,
      watched: false,
      timers: new Set(),
      guards: [],
    }
  }

  #enter(drain: OngoingDrain, phase: Phase): void {
    if (phase === this.#state) return
    const from = this.#state
    this.#state = phase
    publishPhase({ phase, from, trigger: drain.trigger, atMs: this.#sinceStartMs(drain) })
  }

  /** Kubelet's signal after its hook, or the application's own call: what the hook's drain has put off until now. */
  #confirm(drain: OngoingDrain): void {
    if (drain.confirmed) return
    drain.confirmed = true
    this.#watch(drain)
    if (this.#sinceStartMs(drain) >= drain.plan.deadlineMs) this.#reachDeadline(drain)
    else this.#converge(drain)
  }

  /** A drain that may still be called off when a process would count as stuck is watched from its signal on. */
  #watch(drain: OngoingDrain): void {
    const { undrainAfterMs, watchdog, terminationMessagePath: statedPath } = this.#settings
    const { stuckAtMs } = drain.plan
    if (!watchdog || drain.watched || (!drain.confirmed && undrainAfterMs >= stuckAtMs)) return
    drain.watched = true
    const finishedMs = this.#sinceStartMs(drain)
    const guard = {
      afterMs: stuckAtMs - finishedMs,
      onStuck: () => this.emergencyReport(),
      statedPath,
      // What comes is not known now. The report says that it ends here, so it proves nothing about routing.
      lastReport: this.#reportOn(drain, { finishedMs, verdict: 'forced', exitCode: killedExitCode }),
    }
    drain.guards.push(guardAgainstHanging(guard, this.#surroundings, this.#logger))
  }

  #converge(drain: OngoingDrain): void {
    const sinceStartMs = this.#sinceStartMs(drain)
    const step = converge(
      { ...drain.plan, quietMs: drain.quietMs },
      this.#traffic.late.connections.lastMs,
      sinceStartMs,
    )
    if ('closes' in step) {
      this.#converged(drain, step.closes)
      void this.#close(drain)
    } else this.#after(drain, step.lookAgainMs - sinceStartMs, () => this.#converge(drain))
  }

  #converged(drain: OngoingDrain, by: ConvergenceEnd): void {
    drain.converged ??= { by, atMs: this.#sinceStartMs(drain) }
  }

  #callOff(drain: OngoingDrain): void {
    if (drain.confirmed) return
    if (drain.errors.count > 0) {
      // Without the drain the process would have crashed: nobody knows in what state it would go on.
      this.#confirm(drain)
      return
    }
    this.release()
    this.#drain = undefined
    this.#enter(drain, 'serving')
    this.#traffic.endDrain()
    this.#protocol.keep()
    this.#startHooks.callOff()
    this.#hookTrust.disappoint()
    const message = 'no signal followed the preStop call: the drain is called off and the process is ready again'
    this.#logger.warn({ afterMs: Math.round(this.#sinceStartMs(drain)) }, message)
  }

  async #close(drain: OngoingDrain): Promise<void> {
    this.#enter(drain, 'closing')
    await this.#protocol.closeListener()
    if (drain.ending) return
    drain.listenerClosedMs = this.#sinceStartMs(drain)
    drain.inFlight.atListenerClose = this.#traffic.inFlight
    await this.#protocol.settle(drain.startMs + drain.plan.deadlineMs)
    if (!drain.ending) await this.#end(drain)
  }

  #reachDeadline(drain: OngoingDrain): void {
    if (!drain.confirmed || drain.ending) return
    drain.ending = true
    this.#converged(drain, 'cutOff')
    this.#enter(drain, 'closing')
    drain.inFlight.atDeadline = this.#traffic.inFlight
    const reason = new DrainError('ERR_DRAIN_DEADLINE', `the drain deadline of ${drain.plan.deadlineMs} ms has come`)
    this.#deadline.abort(reason)
    this.#protocol.abort(reason)
    this.#farewell(drain, farewellTurns)
  }

  /** In small parts: a process that is held up for longer than all of it still turns its event loop that often. */
  #farewell(drain: OngoingDrain, turns: number): void {
    this.#after(drain, farewellMs / farewellTurns, () => {
      if (turns > 1) return this.#farewell(drain, turns - 1)
      this.#cutOff(drain)
      void this.#end(drain)
    })
  }

  /** Ends what is left of the traffic, at once. */
  #cutOff(drain: OngoingDrain): void {
    drain.ending = true
    this.#converged(drain, 'cutOff')
    drain.inFlight.atDeadline = Math.max(drain.inFlight.atDeadline, this.#traffic.inFlight)
    this.#protocol.force()
  }

  /** No traffic is left: the hooks run, then the report is written. */
  async #end(drain: OngoingDrain): Promise<void> {
    drain.ending = true
    const { hooks, plan, startMs } = drain
    await this.#startHooks.ended()
    await hooks.runInTurn(this.#drainHooks, startMs + plan.hooksUntilMs)
    const { connections, requests } = this.#protocol.loss
    this.#finish(drain, hooks.allEnded && connections === 0 && requests === 0 ? 'clean' : 'forced')
  }

  #finish(
    drain: OngoingDrain,
    verdict: DrainReport['verdict'],
    reason: ExitReason = drain.errors.count > 0 ? 'uncaughtError' : verdict,
  ): void {
    if (this.#state === 'done') return
    this.#enter(drain, 'done')
    for (const cancel of drain.timers) cancel()
    const { exit, exitCodes } = this.#settings
    const exitCode = exit || reason === 'stuck' ? exitCodes[reason] : null
    this.report = this.#reportOn(drain, { finishedMs: this.#sinceStartMs(drain), verdict, exitCode })
    this.#resolveDrained(this.report)
    void this.#leave(drain, this.report)
  }

  /** The guards stay until the process exits: a handler of its 'exit' event may hang, too. */
  async #leave({ guards }: OngoingDrain, report: DrainReport): Promise<void> {
    await depart(report, this.#settings, this.#surroundings, this.#logger)
    if (typeof report.exitCode === 'number') this.#surroundings.exit(report.exitCode)
    for (const letGo of guards) letGo()
  }

  #reportOn(drain: OngoingDrain, ending: Ending): DrainReport {
    return reportOn(drain, this.#traffic, this.#protocol.loss, ending)
  }

  #after({ timers }: OngoingDrain, delayMs: number, step: () => void): void {
    const cancel = this.#surroundings.clock.after(delayMs, () => {
      timers.delete(cancel)
      step()
    })
    timers.add(cancel)
  }

  #sinceStartMs(drain: OngoingDrain): number {
    return this.#surroundings.clock.nowMs() - drain.startMs
  }
}
