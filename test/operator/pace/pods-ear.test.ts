import { beforeEach, describe, expect, test } from 'vitest'
import { PodsEar } from '../../../src/operator/pace/pods-ear.ts'
import type { Reading } from '../../../src/pacing/index.ts'
import type { Ask, WatchedPod } from '../../../src/signals/index.ts'
import { VirtualClock } from '../../kube/virtual-clock.ts'

const never = new AbortController().signal

/** drain-server in pods, by their address: what it has counted of each code. */
class Pods {
  readonly clock = new VirtualClock()
  watched: WatchedPod[] = []
  counters: Record<string, Record<string, number>> = {}
  /** How long a pod takes to answer, after it was asked. */
  takesMs = 0
  readonly ask: Ask = async ({ url }, abort) => {
    const counters = this.counters[url.hostname]
    const text = Object.entries(counters ?? {}).map(
      ([code, count]) => `drain_server_requests_total{code="${code}"} ${count}\n`,
    )
    if (this.takesMs > 0) await this.clock.sleep(this.takesMs, abort)
    return counters === undefined
      ? { kind: 'silent', reason: 'Unreachable', message: 'gone' }
      : { kind: 'body', text: text.join('') }
  }

  ear(): PodsEar {
    return new PodsEar({ pods: () => this.watched, ask: this.ask, monotonicMs: () => this.clock.monotonicMs() })
  }

  pod(uid: string, role: WatchedPod['role'], restarts = 0): void {
    this.watched = [...this.watched.filter((pod) => pod.uid !== uid), { uid, role, restarts, address: uid, port: 9909 }]
  }
}

let pods: Pods
beforeEach(() => (pods = new Pods()))

const counts = (reading: Reading | undefined) => (reading?.kind === 'counts' ? reading.counts : undefined)
const newest = async (ear: PodsEar, sinceMs = 0) => counts((await ear.hear([sinceMs], never))[0])

describe('what ended since a time', () => {
  test('is what was added since the first listening at or after it', async () => {
    pods.pod('a', 'background')
    const ear = pods.ear()
    for (const total of [100, 110, 130, 160]) {
      pods.counters = { a: { '2xx': total, '5xx': total / 10 } }
      await ear.hear([0], never)
      await pods.clock.advance(1000)
    }
    const readings = await ear.hear([0, 1, 1000, 1001, 3000, 4000, 4001], never)
    expect(readings.map((reading) => counts(reading)?.background?.requests)).toEqual([66, 55, 55, 33, 0, 0, undefined])
    expect(counts(readings[1])?.background?.errors).toBe(5)
    expect(readings[6]).toEqual({ kind: 'silent', reason: 'NoData', message: 'no pod was asked since then' })
  })

  test('is never what a listening heard that had begun before', async () => {
    pods.pod('a', 'background')
    pods.counters = { a: { '2xx': 100 } }
    const ear = pods.ear()
    await ear.hear([0], never)
    await pods.clock.advance(1000)
    pods.takesMs = 500
    const slow = ear.hear([0], never)
    await pods.clock.advance(0)
    // Counted after it was asked, and before the time in question.
    pods.counters = { a: { '2xx': 150 } }
    await pods.clock.advance(600)
    await slow
    pods.takesMs = 0
    expect((await newest(ear, 1200))?.background).toEqual({ requests: 0, errors: 0 })
  })

  test('all origins are named, heard of or not', async () => {
    pods.pod('a', 'background')
    pods.counters = { a: { '2xx': 100 } }
    const none = { requests: 0, errors: 0 }
    expect(await newest(pods.ear())).toEqual({ draining: none, newVersion: none, background: none })
  })

  test('a process that came after it knows only what it has heard itself', async () => {
    pods.pod('a', 'background')
    pods.counters = { a: { '2xx': 1000, '5xx': 500 } }
    await pods.clock.advance(60_000)
    const restarted = pods.ear()
    await restarted.hear([10_000], never)
    pods.counters = { a: { '2xx': 1005, '5xx': 501 } }
    expect((await newest(restarted, 10_000))?.background).toEqual({ requests: 6, errors: 1 })
  })

  test('roles change with the rollout, and what was counted before stays where it was', async () => {
    pods.pod('a', 'background')
    pods.counters = { a: { '2xx': 0 } }
    const ear = pods.ear()
    await ear.hear([0], never)
    pods.counters = { a: { '2xx': 7 }, b: { '2xx': 3 } }
    pods.pod('b', 'newVersion')
    await ear.hear([0], never)
    pods.pod('a', 'draining')
    pods.counters = { a: { '2xx': 7, forced: 2 }, b: { '2xx': 4 } }
    expect(await newest(ear)).toEqual({
      background: { requests: 7, errors: 0 },
      newVersion: { requests: 4, errors: 0 },
      draining: { requests: 2, errors: 2 },
    })
    expect([ear.forcedOf('a'), ear.forcedOf('b')]).toEqual([2, 0])
  })
})

test('silence is for every time asked about, and leaves the history', async () => {
  pods.pod('a', 'background')
  pods.counters = { a: { '2xx': 100 } }
  const ear = pods.ear()
  await ear.hear([0], never)
  await pods.clock.advance(1000)
  pods.counters = {}
  expect(await ear.hear([0, 500], never)).toMatchObject([{ reason: 'Unreachable' }, { reason: 'Unreachable' }])
  pods.counters = { a: { '2xx': 130 } }
  expect((await newest(ear))?.background?.requests).toBe(30)
})

test('what is remembered is ten minutes, and the beginnings that are still asked about', async () => {
  pods.pod('a', 'background')
  const ear = pods.ear()
  for (let tick = 0; tick < 1000; tick++) {
    pods.counters = { a: { '2xx': tick } }
    await ear.hear([0, 4001], never)
    await pods.clock.advance(2000)
  }
  expect(ear.remembered).toBe(303)
  const readings = await ear.hear([0, 4001, 1_900_000], never)
  expect(readings.map((reading) => counts(reading)?.background?.requests)).toEqual([999, 996, 49])
  await ear.hear([1_900_000], never)
  expect(ear.remembered).toBeLessThan(303)
})

test('an abort ends it with its reason', async () => {
  pods.pod('a', 'background')
  const reason = new Error('no longer followed')
  await expect(pods.ear().hear([0], AbortSignal.abort(reason))).rejects.toBe(reason)
})
