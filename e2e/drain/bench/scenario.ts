import type { Protocol } from './libraries.ts'
import type { Trial } from './trial.ts'

/** What clients do around a SIGTERM. */
export interface Scenario {
  name: string
  /** What its clients do and expect, for the docs. */
  about: string
  protocol: Protocol
  run: (trial: Trial) => Promise<void>
}

/** A distance at which what crosses the server's FIN on its way shows. */
export const farRoundTripMs = 20

/** Moments from just before a library's close (D) until just after: what is sent then crosses the FIN on its way. */
export function aroundClose(trial: Trial, index: number, count: number, spreadMs = 120): number {
  return trial.delayMs - 20 + (index * spreadMs) / count
}

export function times<Result>(count: number, each: (index: number) => Promise<Result>): Promise<Result[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => each(index)))
}
