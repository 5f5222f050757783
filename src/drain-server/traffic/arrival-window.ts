const bucketMs = 1000
const bucketCount = 60

interface Bucket {
  /** Which second since the origin this bucket counts; a bucket of an older round is stale. */
  second: number
  newConnections: number
  requests: number
}

/**
 * What arrived in the last 60 s, in buckets of one second: the traffic that makes a silence after drain start mean
 * something. Nothing is counted before the origin.
 */
export class ArrivalWindow {
  readonly #originMs: number
  readonly #buckets: Bucket[] = Array.from({ length: bucketCount }, () => ({
    second: -1,
    newConnections: 0,
    requests: 0,
  }))

  constructor(originMs: number) {
    this.#originMs = originMs
  }

  /** Counts at the given time; a time that has left the window, or lies before the origin, is not counted. */
  count(what: 'newConnections' | 'requests', atMs: number): void {
    const second = Math.floor((atMs - this.#originMs) / bucketMs)
    if (second < 0) return
    const bucket = this.#buckets[second % bucketCount] as Bucket
    if (bucket.second > second) return
    if (bucket.second < second) Object.assign(bucket, { second, newConnections: 0, requests: 0 })
    bucket[what] += 1
  }

  /** The current second as far as it has gone, and the 59 before it; less when the origin is younger. */
  read(nowMs: number): { windowMs: number; newConnections: number; requests: number } {
    const ageMs = Math.max(0, nowMs - this.#originMs)
    const current = Math.floor(ageMs / bucketMs)
    const oldest = Math.max(0, current - bucketCount + 1)
    const total = { windowMs: ageMs - oldest * bucketMs, newConnections: 0, requests: 0 }
    for (const bucket of this.#buckets) {
      if (bucket.second < oldest) continue
      total.newConnections += bucket.newConnections
      total.requests += bucket.requests
    }
    return total
  }
}
