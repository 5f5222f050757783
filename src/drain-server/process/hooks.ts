import { anyFunction, checkOptions, demand, filledText } from '../option-checks.ts'
import type { Demand } from '../option-checks.ts'

export interface HookContext {
  /** Milliseconds until the hook is abandoned. */
  remainingMs: number
  /** Aborted at that moment (reason: DrainError ERR_DRAIN_DEADLINE). */
  signal: AbortSignal
}

export interface HookOptions {
  /**
   * Names the hook in the log and in the report.
   * @default the function's own name, else `hook <number>`
   */
  name?: string
  /**
   * Hooks of a lower order run first; hooks of the same order run in the order in which they were added. Any number.
   * @default 0
   */
  order?: number
  /**
   * When the hook is abandoned, in milliseconds after its start; above 0. It is abandoned earlier when the grace
   * period is about to end.
   * @default what is left of the grace period
   */
  timeoutMs?: number
}

/** Closes what requests needed, such as a database pool. Runs when no request is left and the listener is closed. */
export type DrainHook = (context: HookContext) => void | Promise<void>

/** Takes back what a start hook did. */
export type Undo = () => void | Promise<void>

/**
 * Stops what brings work besides requests, such as a queue's consumer or a timer. Runs at drain start. The function
 * that it returns, if any, is called when the drain is called off.
 */
export type StartHook = (context: HookContext) => void | Undo | Promise<void | Undo>

/** A hook with its options filled in. */
export interface AddedHook<Hook> {
  readonly hook: Hook
  readonly name: string
  readonly order: number
  readonly timeoutMs: number
}

const hookDemands = {
  name: filledText,
  order: { words: 'a number', holds: (value) => Number.isFinite(value) },
  timeoutMs: {
    words: 'a number of milliseconds above 0',
    holds: (value) => typeof value === 'number' && value > 0,
  },
} satisfies Record<keyof HookOptions, Demand>

/** Hooks in the order in which they are to run. */
export class HookList<Hook extends DrainHook | StartHook> implements Iterable<AddedHook<Hook>> {
  readonly #added = new Set<AddedHook<Hook>>()
  #count = 0

  /** @throws DrainError ERR_DRAIN_OPTION */
  add(hook: Hook, options: HookOptions = {}): AddedHook<Hook> {
    demand(anyFunction, 'hook', hook)
    checkOptions('hook', options, hookDemands)
    const { name, order = 0, timeoutMs = Infinity } = options
    this.#count += 1
    const added = { hook, name: name ?? (hook.name || `hook ${this.#count}`), order, timeoutMs }
    this.#added.add(added)
    return added
  }

  remove(added: AddedHook<Hook>): void {
    this.#added.delete(added)
  }

  [Symbol.iterator](): Iterator<AddedHook<Hook>> {
    return [...this.#added].sort((left, right) => left.order - right.order).values()
  }
}
