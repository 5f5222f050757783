/** What clients do about a failed attempt. */
export interface RetrySpec {
  /** The first one among them. */
  readonly attempts: number
  /** Before the second attempt, at most; doubled for each further one. */
  readonly backoffMs: number
  /** Retries may be this share of the requests of the last ten seconds; absent: no budget. */
  readonly budgetRatio?: number
}

const BUDGET_SECONDS = 10

/** Exponential backoff with full jitter: a random part of a bound that doubles with each attempt that has failed. */
export function backoffMs({ backoffMs }: RetrySpec, failedAttempts: number, random: number): number {
  return backoffMs * 2 ** (failedAttempts - 1) * random
}

/**
 * A retry budget: over any ten seconds, retries are at most a share of the requests. It bounds what failures add to the
 * load, however many attempts each request might make.
 */
export class RetryBudget {
  readonly #ratio: number
  readonly #requests = new SlidingCount()
  readonly #retries = new SlidingCount()

  /** @param ratio undefined: every retry is granted. */
  constructor(ratio: number | undefined) {
    this.#ratio = ratio ?? Number.POSITIVE_INFINITY
  }

  /** A request has come. */
  deposit(nowMs: number): void {
    this.#requests.add(nowMs)
  }

  /** Whether one more retry is within the budget; it counts then. */
  withdraw(nowMs: number): boolean {
    if (this.#ratio === Number.POSITIVE_INFINITY) return true
    if (this.#retries.sum(nowMs) + 1 > this.#requests.sum(nowMs) * this.#ratio) return false
    this.#retries.add(nowMs)
    return true
  }
}

/** How many in the last ten seconds, to the second. */
class SlidingCount {
  readonly #counts = Array.from({ length: BUDGET_SECONDS }, () => 0)
  #second = 0

  add(nowMs: number): void {
    this.#forget(nowMs)
    const slot = this.#second % BUDGET_SECONDS
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1
  }

  sum(nowMs: number): number {
    this.#forget(nowMs)
    return this.#counts.reduce((sum, count) => sum + count, 0)
  }

  #forget(nowMs: number): void {
    const second = Math.floor(nowMs / 1000)
    for (let gone = Math.max(this.#second + 1, second - BUDGET_SECONDS + 1); gone <= second; gone++) {
      this.#counts[gone % BUDGET_SECONDS] = 0
    }
    this.#second = Math.max(this.#second, second)
  }
}
