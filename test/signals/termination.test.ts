import { describe, expect, test } from 'vitest'
import { harmOf, type PodEnd, terminationReading } from '../../src/signals/index.ts'

describe('what the end of a pod says', () => {
  test.each<[PodEnd, number | undefined]>([
    [{ outcome: 'clean', inFlight: 5 }, 0],
    [{ outcome: 'forced', forced: { connections: 2, requests: 7 } }, 7],
    [{ outcome: 'forced', forced: { connections: 9, requests: 7 } }, 9],
    [{ outcome: 'forced', forced: { connections: 2, requests: 7 }, countedForced: 7 }, 0],
    [{ outcome: 'forced', forced: { connections: 2, requests: 7 }, countedForced: 9 }, 0],
    [{ outcome: 'forced' }, 1],
    [{ outcome: 'killed' }, 1],
    [{ outcome: 'killed', inFlight: 4 }, 4],
    [{ outcome: 'outOfMemory', inFlight: 3 }, 3],
    [{ outcome: 'hookFailed', inFlight: 3 }, 1],
    [{ outcome: 'unknown', inFlight: 3 }, undefined],
  ])('%j', (end, errors) => {
    expect(harmOf(end)).toEqual(errors === undefined ? undefined : { requests: errors, errors })
  })

  test('together they are a reading of draining', () => {
    const ends: PodEnd[] = [{ outcome: 'clean' }, { outcome: 'killed', inFlight: 2 }, { outcome: 'unknown' }]
    expect(terminationReading(ends)).toEqual({ kind: 'counts', counts: { draining: { requests: 2, errors: 2 } } })
  })

  test('without evidence it is silent, and a clean end is evidence', () => {
    expect(terminationReading([])).toMatchObject({ kind: 'silent', reason: 'NoData' })
    expect(terminationReading([{ outcome: 'unknown' }])).toMatchObject({ kind: 'silent', reason: 'NoData' })
    expect(terminationReading([{ outcome: 'clean' }])).toMatchObject({
      counts: { draining: { requests: 0, errors: 0 } },
    })
  })
})
