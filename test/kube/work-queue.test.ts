import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createWorkQueue, type WorkObservation, type WorkQueue, type WorkResult } from '../../src/kube/index.ts'
import { settled, VirtualClock } from './virtual-clock.ts'

/** A queue whose runs the test ends by hand. */
class Bench {
  readonly clock = new VirtualClock()
  readonly started: string[] = []
  readonly running = new Map<string, PromiseWithResolvers<WorkResult | void>>()
  readonly observations: WorkObservation[] = []
  readonly errors: string[] = []
  readonly queue: WorkQueue

  constructor(concurrency = 1) {
    this.queue = createWorkQueue({
      clock: this.clock,
      concurrency,
      work: (key) => {
        if (this.running.has(key)) throw new Error(`two workers on ${key}`)
        this.started.push(key)
        const run = Promise.withResolvers<WorkResult | void>()
        this.running.set(key, run)
        return run.promise
      },
      onError: (key, error) => this.errors.push(`${key}: ${(error as Error).message}`),
      observe: (observation) => this.observations.push(observation),
    })
  }

  async finish(key: string, result?: WorkResult): Promise<void> {
    const run = this.running.get(key)
    this.running.delete(key)
    run?.resolve(result)
    await settled()
  }

  async fail(key: string): Promise<void> {
    const run = this.running.get(key)
    this.running.delete(key)
    run?.reject(new Error('failed'))
    await settled()
  }
}

describe('a key', () => {
  test('that is added twice before its worker starts runs once', async () => {
    const { queue, started, running, ...bench } = new Bench()
    queue.add('first')
    queue.add('a')
    queue.add('a')
    await settled()
    expect(queue.depth).toBe(1)
    running.get('first')?.resolve()
    running.delete('first')
    await settled()
    running.get('a')?.resolve()
    await settled()
    expect(started).toEqual(['first', 'a'])
    expect(bench.observations.map(({ outcome }) => outcome)).toEqual(['success', 'success'])
  })

  test('that is added while it runs runs once more afterwards, and never twice at a time', async () => {
    const bench = new Bench(4)
    bench.queue.add('a')
    await settled()
    bench.queue.add('a')
    bench.queue.add('a')
    await settled()
    expect(bench.started).toEqual(['a'])
    await bench.finish('a')
    expect(bench.started).toEqual(['a', 'a'])
    await bench.finish('a')
    expect(bench.started).toEqual(['a', 'a'])
    expect(bench.errors).toEqual([])
  })

  test('added with several delays runs at the earliest, once', async () => {
    const bench = new Bench()
    bench.queue.addAfter('a', 500)
    bench.queue.addAfter('a', 200)
    bench.queue.addAfter('a', 900)
    await bench.clock.advance(199)
    expect(bench.started).toEqual([])
    await bench.clock.advance(1)
    expect(bench.started).toEqual(['a'])
    await bench.finish('a')
    await bench.clock.advance(10_000)
    expect(bench.started).toEqual(['a'])
  })

  test('comes back when its worker says so', async () => {
    const bench = new Bench()
    bench.queue.add('a')
    await settled()
    await bench.finish('a', { requeueAfterMs: 300 })
    await bench.clock.advance(300)
    expect(bench.started).toEqual(['a', 'a'])
  })

  test('that fails comes back after 5 ms x 2^n, at most 1000 s; success forgets', async () => {
    const bench = new Bench()
    const delays: number[] = []
    bench.queue.add('a')
    await settled()
    for (let n = 0; n < 20; n++) {
      await bench.fail('a')
      const delay = bench.clock.timers[0] ?? 0
      delays.push(delay)
      await bench.clock.advance(delay)
    }
    expect(delays.slice(0, 4)).toEqual([5, 10, 20, 40])
    expect(delays.slice(-3)).toEqual([655_360, 1_000_000, 1_000_000])
    expect(bench.errors.length).toBe(20)
    await bench.finish('a')
    expect(bench.queue.failures('a')).toBe(0)
    bench.queue.add('a')
    await settled()
    await bench.fail('a')
    expect(bench.clock.timers).toEqual([5])
  })

  test('is observed with how long it waited and ran', async () => {
    const bench = new Bench()
    bench.queue.add('a')
    bench.queue.add('b')
    await bench.clock.advance(100)
    await bench.finish('a')
    await bench.clock.advance(20)
    await bench.finish('b')
    expect(bench.observations).toEqual([
      { key: 'a', outcome: 'success', waitedMs: 0, durationMs: 100 },
      { key: 'b', outcome: 'success', waitedMs: 100, durationMs: 20 },
    ])
  })
})

describe('shutting down', () => {
  test('waits for what runs, and drops what waits', async () => {
    const bench = new Bench()
    bench.queue.add('a')
    bench.queue.add('b')
    bench.queue.addAfter('c', 100)
    await settled()
    bench.queue.add('a')
    let down = false
    const shutDown = bench.queue.shutDown().then(() => (down = true))
    bench.queue.add('d')
    await settled()
    expect(down).toBe(false)
    await bench.finish('a')
    await shutDown
    await bench.clock.advance(1_000)
    expect(bench.started).toEqual(['a'])
    expect(bench.clock.timers).toEqual([])
  })

  test('leaves no backoff timer behind when the last run fails', async () => {
    const bench = new Bench()
    bench.queue.add('a')
    await settled()
    const shutDown = bench.queue.shutDown()
    await bench.fail('a')
    await shutDown
    expect(bench.clock.timers).toEqual([])
  })
})

describe('whatever happens', () => {
  const key = fc.constantFrom('a', 'b', 'c')
  const action = fc.oneof(
    fc.record({ type: fc.constant('add' as const), key }),
    fc.record({ type: fc.constant('addAfter' as const), key, ms: fc.integer({ min: 0, max: 50 }) }),
    fc.record({ type: fc.constant('finish' as const), key }),
    fc.record({ type: fc.constant('fail' as const), key }),
    fc.record({ type: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 30 }) }),
  )

  test('no key has two workers, concurrency holds, and each add is followed by a run that starts after it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { maxLength: 30 }),
        fc.integer({ min: 1, max: 3 }),
        async (actions, concurrency) => {
          const bench = new Bench(concurrency)
          /** How many runs of a key had started when it was last added. */
          const startedBefore = new Map<string, number>()
          const runsOf = (wanted: string): number => bench.started.filter((started) => started === wanted).length
          for (const next of actions) {
            if (next.type === 'add' || next.type === 'addAfter') startedBefore.set(next.key, runsOf(next.key))
            if (next.type === 'add') bench.queue.add(next.key)
            else if (next.type === 'addAfter') bench.queue.addAfter(next.key, next.ms)
            else if (next.type === 'advance') await bench.clock.advance(next.ms)
            else await bench[next.type](next.key)
            if (next.type === 'add' || next.type === 'addAfter') continue
            expect(bench.running.size).toBeLessThanOrEqual(concurrency)
          }
          for (let round = 0; round < 200 && (bench.running.size > 0 || bench.clock.timers.length > 0); round++) {
            for (const running of bench.running.keys()) await bench.finish(running)
            await bench.clock.advance(1_000)
          }
          for (const [added, runs] of startedBefore) expect(runsOf(added)).toBeGreaterThan(runs)
          // A second worker on a key would have thrown.
          expect(bench.errors.filter((error) => error.includes('two workers'))).toEqual([])
          expect(bench.queue.depth).toBe(0)
        },
      ),
      { numRuns: 150 },
    )
  })
})
