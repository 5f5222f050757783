import { type Counts, type Origin, origins } from './reading.ts'

export type CountsByOrigin = Readonly<Partial<Record<Origin, Counts>>>

export const noCounts: Counts = { requests: 0, errors: 0 }

export function sumOf(all: readonly Counts[]): Counts {
  return {
    requests: all.reduce((sum, { requests }) => sum + requests, 0),
    errors: all.reduce((sum, { errors }) => sum + errors, 0),
  }
}

/** What was added, origin by origin: whole and possible counts, also where a source went back on what it said. */
export function increaseOf(from: CountsByOrigin, to: CountsByOrigin): CountsByOrigin {
  return byOrigin(to, (counts, origin) => {
    const before = from[origin] ?? noCounts
    const requests = Math.max(0, counts.requests - before.requests)
    return { requests, errors: Math.min(requests, Math.max(0, counts.errors - before.errors)) }
  })
}

/** The same origins, with other counts. */
export function byOrigin(
  counts: CountsByOrigin,
  change: (counts: Counts, origin: keyof CountsByOrigin) => Counts,
): CountsByOrigin {
  return Object.fromEntries(
    origins.flatMap((origin) => {
      const known = counts[origin]
      return known === undefined ? [] : [[origin, change(known, origin)]]
    }),
  )
}
