import { type Ask } from '../ask/index.ts'
import { silent, type Silent } from '../signal.ts'
import { ExpositionError, parseSamples } from './exposition.ts'

/** Counters of drain-server since its process began, by how a request ended: `2xx`, `5xx`, `forced`, `aborted` ... */
export type Counters = ReadonlyMap<string, number>

export interface Target {
  readonly address: string
  readonly port: number
}

export type Scrape = (target: Target, abort?: AbortSignal) => Promise<{ kind: 'counters'; counters: Counters } | Silent>

export interface ScrapeLimits {
  readonly timeoutMs: number
  readonly limitBytes: number
}

const metric = 'drain_server_requests_total'

export function createScrape(ask: Ask, limits: ScrapeLimits): Scrape {
  return async ({ address, port }, abort) => {
    const host = address.includes(':') ? `[${address}]` : address
    const url = new URL(`http://${host}:${port}/metrics`)
    const answer = await ask({ url, ...limits, who: 'a pod' }, abort)
    return answer.kind === 'body' ? countersOf(answer.text) : answer
  }
}

/** Pure: the counters in what a pod answered. */
export function countersOf(text: string): { kind: 'counters'; counters: Counters } | Silent {
  const counters = new Map<string, number>()
  try {
    for (const { labels, value } of parseSamples(text, metric)) {
      const code = labels['code']
      if (code === undefined) return silent('Malformed', `${metric} of a pod has no label code`)
      if (!Number.isSafeInteger(value) || value < 0) {
        return silent('Impossible', `${metric} of a pod is not a whole number of requests`)
      }
      counters.set(code, (counters.get(code) ?? 0) + value)
    }
  } catch (error) {
    if (error instanceof ExpositionError) return silent('Malformed', `the metrics of a pod: ${error.message}`)
    throw error
  }
  return counters.size === 0
    ? silent('NoData', `a pod has no metric ${metric}: is that the admin port of drain-server?`)
    : { kind: 'counters', counters }
}
