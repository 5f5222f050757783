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

  /** A hook's drain was called off. */
  disappoint(nowMs: number): void {
    this.#doubtedUntilMs = nowMs + doubtMs
  }

  /**
   * @param keepMs how long its terms wait for the signal when it is not believed
   * @returns whether the call begins a drain by itself
   */
  believes(terms: ContractTerms, nowMs: number, keepMs: number): boolean {
    if (nowMs >= this.#doubtedUntilMs) return true
    this.#doubtedUntilMs = nowMs + doubtMs
    this.#kept = { terms, untilMs: nowMs + keepMs }
    return false
  }

  /** @returns the terms of a call that was not believed, and that the signal of just now proves true */
  provenBySignal(nowMs: number): ContractTerms | undefined {
    return this.#kept !== undefined && nowMs < this.#kept.untilMs ? this.#kept.terms : undefined
  }
}
