import { describe, expect, test } from 'vitest'
import type { AgentRun } from '../../../src/lab/index.ts'
import type { RequestRecord } from '../../../src/lab/record.ts'
import type { LoadedStretch, VariantEvidence } from '../../../src/lab/rehearsal/run-variant.ts'
import { variantResult } from '../../../src/lab/rehearsal/variant-result.ts'
import type { VariantResult } from '../../../src/lab/result.ts'
import type { Variant } from '../../../src/lab/scenario.ts'
import type { Dataplane } from '../../../src/lab/stage/index.ts'
import { every, lostAt, recordAt } from '../record-builder.ts'
import { observedPod } from './pods.ts'
import { scenarioOf, variantOf } from './results.ts'

const runOf = (records: RequestRecord[], node = 'node-1'): AgentRun => ({
  node,
  scheduled: records.length,
  offsetMs: 0,
  records,
})

/** Twenty seconds of load from 0 on, with one disruption from 10 s to 15 s. */
const stretch = (change: Partial<LoadedStretch> = {}): LoadedStretch => ({
  startMs: 0,
  endMs: 20_000,
  disruptions: [{ startMs: 10_000, endMs: 15_000 }],
  loads: [],
  probes: [],
  ...change,
})

function resultFrom(
  change: Partial<VariantEvidence>,
  variant: Variant = variantOf({ server: 'drained' }),
  dataplane: Dataplane | null = null,
): VariantResult {
  const evidence = { seconds: 30, learning: null, counted: stretch(), pods: [], policy: null, ...change }
  return variantResult(scenarioOf(), variant, evidence, dataplane)
}

describe('the requests of a variant', () => {
  test('are those before, during and after its disruptions', () => {
    const records = [recordAt(0), recordAt(9999), lostAt(10_000, 'ECONNRESET'), recordAt(14_999), lostAt(15_000, 'EOF')]
    const { total, before, during, after } = resultFrom({ counted: stretch({ loads: [runOf(records)] }) })
    expect([total, before, during, after].map(({ requests, lost }) => [requests, lost])).toEqual([
      [5, 2],
      [2, 0],
      [2, 1],
      [1, 1],
    ])
  })

  test('that have no record are lost, and attempts beyond the first are retries', () => {
    const records = [recordAt(0, { attempts: 3 }), recordAt(10)]
    const loads = [{ ...runOf(records), scheduled: 5 }]
    expect(resultFrom({ counted: stretch({ loads }) }).total).toMatchObject({
      requests: 5,
      lost: 3,
      lostByKind: { UNRECORDED: 3 },
      retries: 2,
    })
  })

  test('that went on elsewhere are told, unless they were lost all the same', () => {
    const records = [recordAt(0, { moves: 2 }), recordAt(10), { ...lostAt(20, 'EOF'), moves: 1 }]
    expect(resultFrom({ counted: stretch({ loads: [runOf(records)] }) }).total).toMatchObject({ lost: 1, moved: 1 })
  })

  test('are drawn: every lost one, and so many of the others, each by its pod', () => {
    const records = [
      ...every(2, 0, 20_000).map((atMs) => recordAt(atMs)),
      ...every(100, 0, 20_000).map((atMs) => lostAt(atMs + 1, 'EOF')),
    ]
    const { requests } = resultFrom({ counted: stretch({ loads: [runOf(records)] }), pods: [observedPod()] })
    expect(requests.filter(([, , kind]) => kind === 'EOF')).toHaveLength(200)
    const answered = requests.filter(([, , kind]) => kind === null)
    expect(answered).toHaveLength(2000)
    expect(answered[0]).toEqual([0, 1, null, 0])
    expect(requests.find(([, , kind]) => kind === 'EOF')?.[3]).toBe(-1)
    expect(Math.max(...answered.map(([startMs]) => startMs))).toBeGreaterThan(19_900)
  })

  test('are counted by the second', () => {
    const loads = [runOf([recordAt(100), lostAt(1050, 'EOF'), recordAt(2200, { attempts: 3 })])]
    expect(resultFrom({ counted: stretch({ loads }) }).perSecond).toEqual([
      { requests: 2, lost: 1, attempts: 2 },
      { requests: 0, lost: 0, attempts: 0 },
      { requests: 1, lost: 0, attempts: 3 },
    ])
  })

  test('while it learned are kept apart', () => {
    const learning = stretch({ loads: [runOf([recordAt(0), lostAt(5, 'EOF')])] })
    const found = resultFrom({ learning, counted: stretch({ loads: [runOf([recordAt(0)])] }) })
    expect(found.total.requests).toBe(1)
    expect(found.learning).toMatchObject({ disruptions: 1, counts: { requests: 2, lost: 1 } })
  })
})

describe('the pods of a variant', () => {
  test('are those that were there under its load', () => {
    const pods = [observedPod({ name: 'old', goneMs: -5 }), observedPod({ name: 'new' })]
    const loads = [runOf([recordAt(0)])]
    expect(resultFrom({ pods, counted: stretch({ loads }) }).pods.map(({ name }) => name)).toEqual(['new'])
  })
})

describe('P as the clients saw it', () => {
  /** New connections every 10 ms: to pod a until 400 ms after its deletion at 10 s, and always to pod b. */
  const probes = [
    runOf([
      ...every(10, 0, 10_400).map((atMs) => recordAt(atMs, { pod: 'a' })),
      ...every(10, 5, 20_000).map((atMs) => recordAt(atMs, { pod: 'b' })),
    ]),
  ]
  const closed = (afterMs: number): string =>
    JSON.stringify({
      schema: 'drainkeeper.dev/drain-report/v1',
      drainStartedAt: '1970-01-01T00:00:10.000Z',
      listenerClosedMs: afterMs,
    })
  const found = (pod: Parameters<typeof observedPod>[0], variant?: Variant, dataplane?: Dataplane) =>
    resultFrom({ pods: [observedPod(pod)], counted: stretch({ probes }) }, variant, dataplane).propagation

  test('is the last new connection, and a gap more, since the moment after it was not seen', () => {
    const [measured] = found({ terminationMessage: closed(2000) })
    expect(measured).toMatchObject({ node: 'node-1', samples: 1, cutShort: 0, setMs: null, operatorBoundMs: null })
    expect(measured?.p50Ms).toBeGreaterThan(390)
    expect(measured?.p50Ms).toBeLessThan(415)
  })

  test.each([
    ['a listener that closed while it was still reached', { terminationMessage: closed(395) }, undefined],
    ['a sleep that was over by then', {}, variantOf({ preStopSleepSeconds: 0.4 })],
    ['a server that did not wait at all', {}, variantOf({ server: 'exit-at-once' })],
  ] as const)('is not known of %s', (_, pod, variant) => {
    expect(found(pod, variant)).toMatchObject([{ samples: 0, cutShort: 1 }])
  })

  test('stands beside what the dataplane says, from the deletion on', () => {
    const dataplane: Dataplane = {
      setLag: () => undefined,
      routes: () => true,
      letGoMs: (node, podIp, sinceMs) => (node === 'node-1' && podIp === '10.0.0.1' ? sinceMs + 405 : null),
    }
    const [measured] = found({ terminationMessage: closed(2000) }, undefined, dataplane)
    expect(measured?.setMs).toEqual({ p50Ms: 405, maxMs: 405 })
  })

  test("has the operator's bound beside it, where there is one", () => {
    const policy = { targets: [{ name: 'x', propagation: { samples: 9, uninformative: 0, bound: '0.5s' } }] }
    const pods = [observedPod({ terminationMessage: closed(2000) })]
    const { propagation } = resultFrom({ pods, policy, counted: stretch({ probes }) })
    expect(propagation[0]?.operatorBoundMs).toBe(500)
  })
})
