import { systemClock } from '../../kube/index.ts'
import type { UntimedEvent } from './events.ts'
import type { LoadTotals, RunningLoad } from './load.ts'

const tickMs = 1000

/** Tells each second what the load did in it. A status that cannot be had is one second without an event. */
export class LoadTicker {
  readonly #ending = new AbortController()
  readonly #running: Promise<void>

  constructor(load: Pick<RunningLoad, 'totals'>, emit: (event: UntimedEvent) => void) {
    this.#running = this.#tick(load, emit)
  }

  /** Resolves when nothing is asked of the agents any more. */
  async stop(): Promise<void> {
    this.#ending.abort()
    await this.#running
  }

  async #tick(load: Pick<RunningLoad, 'totals'>, emit: (event: UntimedEvent) => void): Promise<void> {
    let before: LoadTotals | undefined
    for (let second = 0; !this.#ending.signal.aborted; second++) {
      await systemClock.sleep(tickMs, this.#ending.signal).catch(() => undefined)
      if (this.#ending.signal.aborted) return
      const now = await load.totals().catch(() => undefined)
      if (now === undefined) continue
      emit({ type: 'load', load: { second, ...difference(now, before), inFlight: now.inFlight } })
      before = now
    }
  }
}

/** What came between two readings. */
export function difference(
  now: Pick<LoadTotals, 'sent' | 'lostByKind'>,
  before: Pick<LoadTotals, 'sent' | 'lostByKind'> | undefined,
): { requests: number; lost: number; lostByKind: Record<string, number> } {
  const lostByKind = Object.fromEntries(
    Object.entries(now.lostByKind)
      .map(([kind, count]) => [kind, count - (before?.lostByKind[kind] ?? 0)] as const)
      .filter(([, count]) => count > 0),
  )
  const lost = Object.values(lostByKind).reduce((sum, count) => sum + count, 0)
  return { requests: now.sent - (before?.sent ?? 0), lost, lostByKind }
}
