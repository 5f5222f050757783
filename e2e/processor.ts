import { cpus } from 'node:os'
import type { Interval } from '../src/lab/index.ts'

interface Reading {
  atMs: number
  busyMs: number
  totalMs: number
}

/**
 * How busy this machine's processors are, which on a local cluster are those of its nodes, its control plane and its
 * load: starting pods costs time that requests then wait for.
 */
export class Processor {
  readonly #readings: Reading[] = [read()]
  readonly #timer = setInterval(() => this.#readings.push(read()), 500)

  stop(): void {
    clearInterval(this.#timer)
    this.#readings.push(read())
  }

  /** The busy share (0 to 1) inside and outside of the intervals; null where there was no such time. */
  shares(intervals: readonly Interval[]): { quiet: number | null; rollouts: number | null } {
    const sums = { quiet: { busy: 0, total: 0 }, rollouts: { busy: 0, total: 0 } }
    for (let index = 1; index < this.#readings.length; index++) {
      const [from, to] = [this.#readings[index - 1], this.#readings[index]]
      if (from === undefined || to === undefined) continue
      const middleMs = (from.atMs + to.atMs) / 2
      const inside = intervals.some(({ startMs, endMs }) => middleMs >= startMs && middleMs < endMs)
      const sum = inside ? sums.rollouts : sums.quiet
      sum.busy += to.busyMs - from.busyMs
      sum.total += to.totalMs - from.totalMs
    }
    const share = ({ busy, total }: { busy: number; total: number }): number | null => (total > 0 ? busy / total : null)
    return { quiet: share(sums.quiet), rollouts: share(sums.rollouts) }
  }
}

function read(): Reading {
  let busyMs = 0
  let totalMs = 0
  for (const { times } of cpus()) {
    const all = times.user + times.nice + times.sys + times.irq + times.idle
    totalMs += all
    busyMs += all - times.idle
  }
  return { atMs: Date.now(), busyMs, totalMs }
}
