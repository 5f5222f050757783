import { describe, expect, test } from 'vitest'
import type { Lag } from '../../../src/cluster/proxy/index.ts'
import { ProgrammedSlices } from '../../../src/cluster/proxy/programmed-slices.ts'
import { routable } from '../../../src/cluster/proxy/service-table.ts'
import { VirtualClock } from '../../kube/virtual-clock.ts'
import { slice } from './slices.ts'

function node(lag: Lag = { kind: 'fixed', ms: 100 }, draws: number[] = [0]) {
  const clock = new VirtualClock(0)
  const refreshed: string[] = []
  let draw = 0
  const slices = new ProgrammedSlices({
    node: 'node-1',
    clock,
    random: () => draws[draw++ % draws.length] ?? 0,
    lag: () => lag,
    onProgrammed: (service) => refreshed.push(service),
  })
  const routes = () => routable(slices.endpoints('shop/web', '')).map(({ address }) => address)
  const see = (next: ReturnType<typeof slice> | undefined, key = 'shop/web-1') => slices.see(key, next, clock.now())
  return { clock, slices, routes, see, refreshed }
}

describe('what a node routes by', () => {
  test('is what it saw, its lag ago', async () => {
    const { clock, routes, see, refreshed } = node()
    see(slice({ '10.0.0.1': 'ready' }))
    await clock.advance(99)
    expect(routes()).toEqual([])
    await clock.advance(1)
    expect(routes()).toEqual(['10.0.0.1'])
    expect(refreshed).toEqual(['shop/web'])
  })

  test('never goes back: a change with a short lag waits for the one before', async () => {
    const { clock, routes, see } = node({ kind: 'uniform', fromMs: 0, toMs: 1000 }, [0.9, 0.1])
    see(slice({ '10.0.0.1': 'ready' }))
    see(slice({ '10.0.0.2': 'ready' }))
    await clock.advance(899)
    expect(routes()).toEqual([])
    await clock.advance(1)
    expect(routes()).toEqual(['10.0.0.2'])
    await clock.advance(1000)
    expect(routes()).toEqual(['10.0.0.2'])
  })

  test('never goes back, even when a clock fires timers of one moment in another order', () => {
    const callbacks: (() => void)[] = []
    const slices = new ProgrammedSlices({
      node: 'node-1',
      clock: {
        sleep: () => Promise.resolve(),
        now: () => 0,
        monotonicMs: () => 0,
        setTimeout: (callback) => {
          callbacks.push(callback)
          return { cancel: () => undefined }
        },
      },
      random: () => 0,
      lag: () => ({ kind: 'fixed', ms: 100 }),
      onProgrammed: () => undefined,
    })
    for (const address of ['10.0.0.1', '10.0.0.2']) slices.see('shop/web-1', slice({ [address]: 'ready' }), 0)
    for (const callback of callbacks.toReversed()) callback()
    expect(routable(slices.endpoints('shop/web', '')).map(({ address }) => address)).toEqual(['10.0.0.2'])
  })

  test('follows at once without a lag', () => {
    const { routes, see } = node({ kind: 'fixed', ms: 0 })
    see(slice({ '10.0.0.1': 'ready' }))
    expect(routes()).toEqual(['10.0.0.1'])
    see(undefined)
    expect(routes()).toEqual([])
  })

  test.each([
    ['ready endpoints alone', { a: 'ready', b: 'terminating', c: 'unready' }, ['a']],
    ['those that still serve, when none is ready', { a: 'terminating', b: 'unready', c: 'ended' }, ['a']],
    ['nobody, when none serves', { a: 'ended', b: 'unready' }, []],
    ['nobody that is only held back', { a: 'held' }, []],
  ] as const)('%s', (_, states, expected) => {
    const { routes, see } = node({ kind: 'fixed', ms: 0 })
    see(slice(states))
    expect(routes()).toEqual(expected)
  })

  test('counts an endpoint once that two slices name, by its better state', () => {
    const { routes, see } = node({ kind: 'fixed', ms: 0 })
    see(slice({ a: 'ready', b: 'ready', d: 'terminating' }))
    see(slice({ b: 'terminating', c: 'ready', d: 'ready' }, { name: 'web-2' }), 'shop/web-2')
    expect(routes()).toEqual(['a', 'b', 'd', 'c'])
  })

  test('tells of each endpoint when its change was seen and programmed', async () => {
    const { clock, slices, see } = node()
    see(slice({ a: 'ready', b: 'ready' }))
    await clock.advance(250)
    see(slice({ a: 'ready', b: 'terminating' }))
    await clock.advance(250)
    see(slice({ a: 'ready' }))
    await clock.advance(250)
    const told = slices
      .programmings()
      .map(({ pod, use, seenAtMs, programmedAtMs }) => [pod, use, seenAtMs, programmedAtMs])
    expect(told).toEqual([
      ['pod-a', 'ready', 0, 100],
      ['pod-b', 'ready', 0, 100],
      ['pod-b', 'terminating', 250, 350],
      ['pod-b', 'gone', 500, 600],
    ])
  })

  test('tells since when connections are sent to an endpoint: to one that ends for as long as none is ready', async () => {
    const { clock, slices, see } = node()
    see(slice({ a: 'ready' }))
    await clock.advance(250)
    see(slice({ a: 'terminating', b: 'unready' }))
    await clock.advance(250)
    see(slice({ c: 'ready' }, { name: 'web-2' }), 'shop/web-2')
    await clock.advance(250)
    const told = slices.programmings().map(({ pod, use, routed, programmedAtMs }) => [pod, use, routed, programmedAtMs])
    expect(told).toEqual([
      ['pod-a', 'ready', true, 100],
      ['pod-a', 'terminating', true, 350],
      ['pod-b', 'none', false, 350],
      ['pod-a', 'terminating', false, 600],
      ['pod-c', 'ready', true, 600],
    ])
  })

  test('programs nothing more when it has stopped', async () => {
    const { clock, slices, routes, see } = node()
    see(slice({ a: 'ready' }))
    slices.stop()
    await clock.advance(1000)
    expect(routes()).toEqual([])
    expect(clock.timers).toEqual([])
  })
})
