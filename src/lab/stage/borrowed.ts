import { systemClock } from '../../kube/index.ts'

/** How often, and how long after each other, giving back is tried when the stage closes. */
const attempts = 5
const betweenMs = 1000

/**
 * What a rehearsal changes of a cluster that is not its own, such as a node that is cordoned. It is given back by whoever
 * borrowed it; what that could not do is tried again when the stage closes, and named when it still cannot be done.
 */
export class Borrowed {
  readonly #ways = new Map<string, () => Promise<void>>()

  /** @param what how it is left, and what cures that, in a sentence. To be called before the change is made. */
  borrow(what: string, giveBack: () => Promise<void>): void {
    this.#ways.set(what, giveBack)
  }

  /** @throws what giving back throws; it stays borrowed then. */
  async giveBack(what: string): Promise<void> {
    await this.#ways.get(what)?.()
    this.#ways.delete(what)
  }

  /** Resolves with what could not be given back, in sentences. */
  async giveAllBack(): Promise<string[]> {
    for (let attempt = 1; attempt <= attempts && this.#ways.size > 0; attempt++) {
      if (attempt > 1) await systemClock.sleep(betweenMs)
      for (const what of this.#ways.keys()) await this.giveBack(what).catch(() => undefined)
    }
    return [...this.#ways.keys()]
  }
}
