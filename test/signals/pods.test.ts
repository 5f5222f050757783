import { describe, expect, test } from 'vitest'
import type { Answer, Ask } from '../../src/signals/ask/index.ts'
import { createPodsSignal, type WatchedPod } from '../../src/signals/index.ts'
import { silent } from '../../src/signals/signal.ts'

const pod = (uid: string, role: WatchedPod['role'] = 'background', restarts = 0): WatchedPod => ({
  uid,
  role,
  restarts,
  address: uid,
  port: 9909,
})
const said = (ok: number, errors = 0): Answer => ({
  kind: 'body',
  text: `drain_server_requests_total{code="2xx"} ${ok}\ndrain_server_requests_total{code="5xx"} ${errors}\n`,
})

/** Pods that answer what `answers` says of their address, and hosts that are not in it do not. */
function stage(pods: WatchedPod[], answers: Record<string, Answer>) {
  const ask: Ask = ({ url }) => Promise.resolve(answers[url.hostname] ?? silent('Unreachable', 'gone'))
  return createPodsSignal({ pods: () => pods, ask })
}

describe('the Pods signal', () => {
  test('sums what pods said since it began, each by its role', async () => {
    const pods = [pod('a')]
    const answers: Record<string, Answer> = { a: said(100, 5), b: said(3, 1) }
    const signal = stage(pods, answers)
    pods.push(pod('b', 'newVersion'))
    expect(await signal.read()).toEqual({
      kind: 'counts',
      counts: { background: { requests: 0, errors: 0 }, newVersion: { requests: 4, errors: 1 } },
    })
    answers['a'] = said(104, 6)
    pods[0] = pod('a', 'draining')
    expect(await signal.read()).toMatchObject({ counts: { draining: { requests: 5, errors: 1 } } })
  })

  test('a pod that does not answer keeps what it last said, as long as another one answers', async () => {
    const pods: WatchedPod[] = []
    const answers: Record<string, Answer> = { a: said(10), b: said(20) }
    const signal = stage(pods, answers)
    pods.push(pod('a'), pod('b'))
    await signal.read()
    delete answers['a']
    answers['b'] = said(21)
    expect(await signal.read()).toMatchObject({ counts: { background: { requests: 31 } } })
    delete answers['b']
    expect(await signal.read()).toEqual(silent('Unreachable', 'none of 2 pods gave counts: gone'))
  })

  test('no pod is no data, and the reason that most pods give is told', async () => {
    expect(await stage([], {}).read()).toEqual(silent('NoData', 'there is no pod to ask'))
    const answers = { a: silent('Timeout', 'slow'), b: silent('Unreachable', 'gone'), c: silent('Unreachable', 'gone') }
    const signal = stage([pod('a'), pod('b'), pod('c')], answers)
    expect(await signal.read()).toEqual(silent('Unreachable', 'none of 3 pods gave counts: gone'))
  })

  test('asks no more pods at a time than it may, and every one once', async () => {
    const pods = Array.from({ length: 9 }, (_, index) => pod(`p${index}`))
    const asked: string[] = []
    let [now, most] = [0, 0]
    const ask: Ask = async ({ url }) => {
      asked.push(url.hostname)
      most = Math.max(most, ++now)
      await new Promise((resolve) => setImmediate(resolve))
      now--
      return said(1)
    }
    await createPodsSignal({ pods: () => pods, ask, concurrency: 3 }).read()
    expect(most).toBe(3)
    expect(asked.toSorted()).toEqual(pods.map(({ uid }) => uid))
  })

  test('two readings at once follow one another', async () => {
    const pods: WatchedPod[] = []
    const signal = stage(pods, { a: said(10) })
    pods.push(pod('a'))
    const readings = await Promise.all([signal.read(), signal.read()])
    for (const reading of readings) expect(reading).toMatchObject({ counts: { background: { requests: 10 } } })
  })

  test('an abort ends a reading with its reason, and the next one works', async () => {
    const signal = stage([pod('a')], { a: said(10) })
    const reason = new Error('the operator stops')
    await expect(signal.read(AbortSignal.abort(reason))).rejects.toBe(reason)
    expect(await signal.read()).toMatchObject({ kind: 'counts' })
  })

  test('knows what it counted as forced of a pod, also when that is gone', async () => {
    const pods: WatchedPod[] = []
    const text = 'drain_server_requests_total{code="2xx"} 1\ndrain_server_requests_total{code="forced"} 3\n'
    const signal = stage(pods, { a: { kind: 'body', text }, b: said(1) })
    pods.push(pod('a', 'draining'))
    await signal.read()
    pods[0] = pod('b')
    await signal.read()
    expect([signal.forcedOf('a'), signal.forcedOf('b'), signal.forcedOf('c')]).toEqual([3, 0, 0])
  })

  test('remembers a bounded number of pods that are gone', async () => {
    const pods: WatchedPod[] = []
    const text = 'drain_server_requests_total{code="forced"} 1\n'
    const signal = createPodsSignal({ pods: () => pods, ask: () => Promise.resolve({ kind: 'body', text }) })
    for (let index = 0; index < 300; index++) {
      pods[0] = pod(`p${index}`, 'draining')
      await signal.read()
    }
    const known = Array.from({ length: 300 }, (_, index) => signal.forcedOf(`p${index}`))
    expect(known.lastIndexOf(0)).toBe(42)
    expect(known.slice(43)).toEqual(Array<number>(257).fill(1))
  })
})
