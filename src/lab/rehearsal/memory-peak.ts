import { systemClock } from '../../kube/index.ts'
import type { Site } from '../stage/index.ts'

const everyMs = 500

/** The most memory that this process and those of the site had at one time; null where the site does not know its own. */
export class MemoryPeak {
  readonly #ending = new AbortController()
  readonly #running: Promise<void>
  peakBytes: number | null = null

  constructor(site: Pick<Site, 'memoryBytes'>) {
    this.#running = this.#watch(site)
  }

  async stop(): Promise<void> {
    this.#ending.abort()
    await this.#running
  }

  async #watch(site: Pick<Site, 'memoryBytes'>): Promise<void> {
    while (!this.#ending.signal.aborted) {
      const others = await site.memoryBytes().catch(() => null)
      if (others !== null) this.peakBytes = Math.max(this.peakBytes ?? 0, others + process.memoryUsage.rss())
      await systemClock.sleep(everyMs, this.#ending.signal).catch(() => undefined)
    }
  }
}
