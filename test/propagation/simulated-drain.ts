import { type Sample, sampleOf } from '../../src/propagation/index.ts'
import { deletedAtMs, ended, report } from './fixtures.ts'
import type { Quantile } from './simulation.ts'

export interface Traffic {
  /** Connections per second to this pod. */
  rate: number
  windowMs: number
  drainDelayMs: number
  /** A preStop sleep: the process learns of the drain only after it. @default 0 */
  sleepMs?: number
}

/**
 * One pod's end: connections arrive at random until its routing stops, at a time P that nobody is told. The pod
 * counts what came in the window before drain start, and when the last one came after it, until its listener closes.
 */
export function drain(
  draw: Quantile,
  { rate, windowMs, drainDelayMs, sleepMs = 0 }: Traffic,
  random: () => number,
): Sample {
  const stopsMs = draw(random())
  const offsetMs = sleepMs + Math.floor(20 + 60 * random())
  const until = Math.min(stopsMs, offsetMs + drainDelayMs)
  let before = 0
  let late = 0
  let lastMs: number | null = null
  const gap = (): number => (-1000 / rate) * Math.log1p(-random())
  for (let atMs = offsetMs - windowMs + gap(); atMs < until; atMs += gap()) {
    if (atMs < offsetMs) {
      before += 1
    } else {
      late += 1
      lastMs = atMs - offsetMs
    }
  }
  const left = report({
    drainStartedAt: new Date(deletedAtMs + offsetMs).toISOString(),
    before: { windowMs, newConnections: before, requests: before },
    late: { connections: { count: late, lastMs }, requests: { count: 0, lastMs: null } },
    listenerClosedMs: drainDelayMs,
    finishedMs: drainDelayMs,
  })
  return sampleOf(ended({ report: left, endSeenMs: offsetMs + drainDelayMs + 30 }))
}
