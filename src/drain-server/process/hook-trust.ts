import type { Clock } from '../clock.ts'
import type { Logger } from '../logger.ts'
import type { ContractTerms } from './contract.ts'

/** How long after a hook call that came to nothing the next ones are doubted; each of them begins it anew. */
const doubtMs = 60_000

/**
 * Whether a call of `/admin/drain` is taken at its word. Kubelet's signal follows its call; where none did, the call was
 * not kubelet's, and whoever goes on calling would keep the process unready for as long as he likes. From then on a call
 * changes nothing by itself: its terms are kept for the signal, which follows at once when it was kubelet's after all.
 */
export class HookTrust {
  #doubtedUntilMs = -Infinity
  #kept: { terms: ContractTerms; untilMs: number } | undefined
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #keepMs: number

  /** @param keepMs how long the terms of a call that is not believed wait for the signal */
  constructor(clock: Clock, logger: Logger, keepMs: number) {
    this.#clock = clock
    this.#logger = logger
    this.#keepMs = keepMs
  }

  /** A hook's drain was called off. */
  disappoint(): void {
    this.#doubtedUntilMs = this.#clock.nowMs() + doubtMs
  }

  /** @returns whether the call begins a drain by itself */
  believes(terms: ContractTerms): boolean {
    const nowMs = this.#clock.nowMs()
    if (nowMs >= this.#doubtedUntilMs) return true
    this.#doubtedUntilMs = nowMs + doubtMs
    this.#kept = { terms, untilMs: nowMs + this.#keepMs }
    this.#logger.warn({}, 'a preStop call so soon after one that no signal followed waits for its signal')
    return false
  }

  /** @returns the terms of a call that was not believed, and that the signal of just now proves true */
  provenBySignal(): ContractTerms | undefined {
    return this.#kept !== undefined && this.#clock.nowMs() < this.#kept.untilMs ? this.#kept.terms : undefined
  }
}
