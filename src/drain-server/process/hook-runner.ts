import type { Clock } from '../clock.ts'
import { DrainError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { publishHook } from '../report/channels.ts'
import type { HookOutcome, HookReport } from '../report/report.ts'
import type { AddedHook, DrainHook, HookContext } from './hooks.ts'

interface Run {
  name: string
  phase: HookReport['phase']
  startedMs: number
  /** Absent while it runs. */
  ended?: { durationMs: number; outcome: HookOutcome }
}

/**
 * Runs the hooks of one drain, each within its own timeout and the drain's, and keeps what came of them. A hook that
 * throws or takes too long is told and left behind: the next one runs, and nothing here ever rejects.
 */
export class HookRunner {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #runs: Run[] = []

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock
    this.#logger = logger
  }

  /**
   * Runs drain hooks one after the other. What closes a pool and what flushes into it through the same pool may not
   * run at once, and an application that wants that can say so in one hook.
   * @param untilMs when the last of them is abandoned, on the clock
   */
  async runInTurn(hooks: Iterable<AddedHook<DrainHook>>, untilMs: number): Promise<void> {
    for (const added of hooks) await this.run('drain', added, untilMs, added.hook)
  }

  /** Runs one hook: `call` is called now. Resolves when it has ended or is abandoned. */
  async run(
    phase: HookReport['phase'],
    { name, timeoutMs }: Pick<AddedHook<unknown>, 'name' | 'timeoutMs'>,
    untilMs: number,
    call: (context: HookContext) => unknown,
  ): Promise<void> {
    const startedMs = this.#clock.nowMs()
    const run: Run = { name, phase, startedMs }
    this.#runs.push(run)
    const remainingMs = Math.min(timeoutMs, untilMs - startedMs)
    if (remainingMs <= 0) {
      this.#end(run, 'skipped')
      return
    }
    const controller = new AbortController()
    const timeUp = Promise.withResolvers<HookOutcome>()
    const cancel = this.#clock.after(remainingMs, () => {
      controller.abort(new DrainError('ERR_DRAIN_DEADLINE', `the hook ${name} has used up its ${remainingMs} ms`))
      timeUp.resolve('abandoned')
    })
    const ended = this.#call(name, () => call({ remainingMs, signal: controller.signal }))
    this.#end(run, await Promise.race([ended, timeUp.promise]))
    cancel()
  }

  /** No hook was abandoned or left out. One that threw has come to its end. */
  get allEnded(): boolean {
    return this.report().every(({ outcome }) => outcome === 'ok' || outcome === 'failed')
  }

  /** What came of the hooks that have ended, or were abandoned. */
  ended(): HookReport[] {
    return this.#runs.filter(({ ended }) => ended !== undefined).map((run) => this.#reportOn(run))
  }

  /** What came of the hooks so far; whoever asks ends the drain, so one that still runs is abandoned now. */
  report(): HookReport[] {
    return this.#runs.map((run) => this.#reportOn(run))
  }

  async #call(hook: string, call: () => unknown): Promise<HookOutcome> {
    try {
      await call()
      return 'ok'
    } catch (error) {
      this.#logger.error({ hook, error: String(error) }, 'a drain hook failed')
      return 'failed'
    }
  }

  #reportOn({ name, phase, startedMs, ended }: Run): HookReport {
    const durationMs = ended?.durationMs ?? this.#clock.nowMs() - startedMs
    return { name, phase, durationMs: Math.round(durationMs), outcome: ended?.outcome ?? 'abandoned' }
  }

  #end(run: Run, outcome: HookOutcome): void {
    const durationMs = this.#clock.nowMs() - run.startedMs
    run.ended = { durationMs, outcome }
    publishHook(this.#reportOn(run))
    if (outcome === 'abandoned') this.#logger.error({ hook: run.name, durationMs }, 'a drain hook took too long')
    if (outcome === 'skipped') this.#logger.error({ hook: run.name }, 'no time was left for a drain hook')
  }
}
