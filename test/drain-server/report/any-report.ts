import * as fc from 'fast-check'
import type { DrainReport } from '../../../src/drain-server/report/report.ts'
import { report } from '../../propagation/fixtures.ts'

/** Texts that applications and clients could bring: long, in any script, with control characters, or half of one. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.string({ unit: 'grapheme', maxLength: 400 }),
  fc.constantFrom(
    '"'.repeat(300),
    '\\'.repeat(300),
    '\u0000\u001B[31m',
    '\uD83D'.repeat(300),
    '💥'.repeat(300),
    '語'.repeat(300),
  ),
)
const count = fc.nat(Number.MAX_SAFE_INTEGER)
const milliseconds = fc.nat(1e11)

/** Reports as a process could come to write them, before they are bounded. */
export const anyReport: fc.Arbitrary<DrainReport> = fc
  .record({
    peers: fc.array(fc.record({ address: anyText, connections: count, requests: count, lastMs: milliseconds }), {
      maxLength: 64,
      size: 'max',
    }),
    hooks: fc.array(
      fc.record({
        name: anyText,
        phase: fc.constantFrom('start' as const, 'drain' as const),
        durationMs: milliseconds,
        outcome: fc.constantFrom('ok' as const, 'failed' as const, 'abandoned' as const, 'skipped' as const),
      }),
      { maxLength: 40, size: 'max' },
    ),
    errors: fc.record({ count, first: fc.option(anyText) }),
    large: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    exitCode: fc.option(fc.nat(255)),
  })
  .map(({ peers, hooks, errors, large, exitCode }) =>
    report({
      finishedMs: 1e11,
      before: { windowMs: 1e11, newConnections: large, requests: large },
      late: { connections: { count: large, lastMs: 1e11 }, requests: { count: large, lastMs: 1e11 }, peers },
      inFlight: { atDrainStart: large, atListenerClose: large, atDeadline: large },
      converged: { by: 'maximum', atMs: 1e11 },
      hooks,
      errors,
      exitCode,
    }),
  )
