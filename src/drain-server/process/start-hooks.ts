import type { Logger } from '../logger.ts'
import type { HookRunner } from './hook-runner.ts'
import { HookList } from './hooks.ts'
import type { AddedHook, HookOptions, StartHook } from './hooks.ts'

/**
 * Hooks that run at drain start: all at once, in their order but without waiting for each other, because each of them
 * stops a source of work and a slow one must not leave the next one running. Requests do not wait for them; drain
 * hooks do.
 *
 * What a hook did is taken back when the drain is called off. Calls of one hook never overlap with each other or with
 * what takes them back, however quickly drains follow one another.
 */
export class StartHooks {
  readonly #logger: Logger
  readonly #hooks = new HookList<StartHook>()
  /** What each hook did last. Resolves with what its call returned; never rejects. */
  readonly #lastly = new WeakMap<AddedHook<StartHook>, Promise<unknown>>()
  #drain: { runner: HookRunner; untilMs: number; called: AddedHook<StartHook>[]; runs: Promise<void>[] } | undefined

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /**
   * While a drain is under way the hook is called at once.
   * @throws DrainError ERR_DRAIN_OPTION
   */
  add(hook: StartHook, options?: HookOptions): () => void {
    const added = this.#hooks.add(hook, options)
    this.#call(added)
    return () => this.#hooks.remove(added)
  }

  /** @param untilMs when they are abandoned, on the clock */
  begin(runner: HookRunner, untilMs: number): void {
    this.#drain = { runner, untilMs, called: [], runs: [] }
    for (const added of this.#hooks) this.#call(added)
  }

  /** Resolves when each of them has ended or is abandoned. */
  async ended(): Promise<void> {
    await Promise.all(this.#drain?.runs ?? [])
  }

  /** Takes back what they did, the last first; a hook that has not ended yet is taken back when it has. */
  callOff(): void {
    const called = this.#drain?.called ?? []
    this.#drain = undefined
    for (const added of called.toReversed()) {
      const undone = this.#last(added).then((undo) => (typeof undo === 'function' ? undo() : undefined))
      const failed = (error: unknown): void =>
        this.#logger.error({ hook: added.name, error: String(error) }, 'a start hook could not be taken back')
      this.#lastly.set(added, undone.then(ignore, failed))
    }
  }

  #call(added: AddedHook<StartHook>): void {
    if (this.#drain === undefined) return
    const { runner, untilMs, called, runs } = this.#drain
    called.push(added)
    const run = runner.run('start', added, untilMs, (context) => {
      const result = this.#last(added).then(() => added.hook(context))
      this.#lastly.set(added, result.catch(ignore))
      return result
    })
    runs.push(run)
  }

  #last(added: AddedHook<StartHook>): Promise<unknown> {
    return this.#lastly.get(added) ?? Promise.resolve()
  }
}

const ignore = (): void => undefined
