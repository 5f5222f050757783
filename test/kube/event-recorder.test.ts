import { beforeEach, describe, expect, test } from 'vitest'
import {
  createEventRecorder,
  createKubeApi,
  type EventNote,
  type EventRecorder,
  KubeError,
} from '../../src/kube/index.ts'
import { ObjectStore } from './object-store.ts'
import { settled, VirtualClock } from './virtual-clock.ts'

let store: ObjectStore
let clock: VirtualClock
let recorder: EventRecorder
let errors: unknown[]
let dropped: string[]

const note = (change: Partial<EventNote> = {}): EventNote => ({
  regarding: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout', uid: 'u1' },
  type: 'Normal',
  reason: 'ContractDelivered',
  note: 'grace 41 s, drain delay 2 s',
  ...change,
})

function build(capacity?: number): EventRecorder {
  return createEventRecorder({
    api: createKubeApi(store),
    clock,
    reportingController: 'drainkeeper.dev/operator',
    reportingInstance: 'operator-1',
    onError: (error) => errors.push(error),
    onDrop: (lost, why) => dropped.push(`${lost.note} ${why}`),
    ...(capacity === undefined ? {} : { capacity }),
  })
}

beforeEach(() => {
  store = new ObjectStore()
  clock = new VirtualClock()
  errors = []
  dropped = []
  recorder = build()
})

const written = (): unknown[] => [...store.objects.values()]
const counts = (): unknown[] => written().map((event) => (event as { series?: { count: number } }).series?.count)

/** Records, and lets time pass until it was written. */
async function record(one: EventNote): Promise<void> {
  recorder.record(one)
  await recorder.flush()
}

test('a note becomes an Event in the namespace of its object', async () => {
  await record(note())
  expect(written()).toEqual([
    {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: {
        namespace: 'shop',
        name: expect.stringMatching(/^checkout\.[0-9a-f]{16}$/) as string,
        resourceVersion: '1',
      },
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'drainkeeper.dev/operator',
      reportingInstance: 'operator-1',
      type: 'Normal',
      reason: 'ContractDelivered',
      action: 'ContractDelivered',
      note: 'grace 41 s, drain delay 2 s',
      regarding: note().regarding,
    },
  ])
})

test('a note about a cluster-scoped object goes to the namespace default', async () => {
  await record(note({ regarding: { apiVersion: 'v1', kind: 'Node', name: 'n1' } }))
  expect([...store.objects.keys()][0]).toMatch('/namespaces/default/events/n1.')
})

describe('the same note again', () => {
  test('within 10 min is counted on the same Event', async () => {
    await record(note())
    await clock.advance(60_000)
    await record(note())
    await clock.advance(599_000)
    await record(note())
    expect(written()).toMatchObject([
      {
        eventTime: '2026-01-01T00:00:00.000000Z',
        series: { count: 3, lastObservedTime: '2026-01-01T00:10:59.000000Z' },
      },
    ])
    expect(store.served.map((call) => call.split(' ')[0])).toEqual(['POST', 'PATCH', 'PATCH'])
  })

  test('before the first was written costs no further request', async () => {
    for (let i = 0; i < 100; i++) recorder.record(note())
    await recorder.flush()
    expect(counts()).toEqual([100])
    expect(store.served.length).toBe(1)
  })

  test('after a restart, or the window, goes on counting on the Event that is there', async () => {
    await record(note())
    recorder = build()
    await clock.advance(1000)
    await record(note())
    await clock.advance(601_000)
    await record(note())
    expect(counts()).toEqual([3])
  })

  test('after the Event has expired on the server makes another', async () => {
    await record(note())
    store.objects.clear()
    await record(note())
    expect(counts()).toEqual([undefined])
    expect(errors).toEqual([])
  })
})

test.each<[string, Partial<EventNote>]>([
  ['reason', { reason: 'Other' }],
  ['text', { note: 'other' }],
  ['type', { type: 'Warning' }],
  ['object', { regarding: { ...note().regarding, uid: 'u2' } }],
])('another %s is another Event', async (_what, change) => {
  await record(note())
  await record(note(change))
  expect(counts()).toEqual([undefined, undefined])
})

describe('limits', () => {
  test('of one object 25 notes pass at once, then one each 5 min; other objects are not affected', async () => {
    for (let i = 0; i < 30; i++) recorder.record(note({ note: `n${i}` }))
    await record(note({ regarding: { ...note().regarding, uid: 'u2' } }))
    expect(written().length).toBe(26)
    expect(dropped).toEqual([25, 26, 27, 28, 29].map((i) => `n${i} RateLimited`))
    await clock.advance(299_000)
    await record(note({ note: 'too early' }))
    await clock.advance(1_000)
    await record(note({ note: 'in time' }))
    expect(written().length).toBe(27)
    expect(dropped.length).toBe(6)
  })

  test('no more wait than the queue holds', async () => {
    recorder = build(2)
    for (const text of ['a', 'b', 'c']) recorder.record(note({ note: text }))
    await recorder.flush()
    expect(dropped).toEqual(['c QueueFull'])
    expect(written().length).toBe(2)
  })

  test('long notes and names are cut to what the API takes', async () => {
    await record(note({ note: 'x'.repeat(2_000), regarding: { ...note().regarding, name: 'a.'.repeat(126) } }))
    const [event] = written() as [{ note: string; metadata: { name: string } }]
    expect(event.note.length).toBe(1_024)
    expect(event.metadata.name.length).toBeLessThanOrEqual(253)
    expect(event.metadata.name).toMatch(/^(a\.)+[0-9a-f]{16}$/)
  })
})

describe('failures never reach the caller', () => {
  test('a server that comes back gets the note', async () => {
    let failures = 2
    store.interfere = async (_request, commit) => {
      if (failures-- > 0) throw new KubeError('Unavailable', 'down')
      return commit()
    }
    recorder.record(note())
    await clock.advance(6_000)
    await recorder.flush()
    expect(written().length).toBe(1)
    expect(errors).toEqual([])
  })

  test('one whose answer was lost is not counted twice', async () => {
    for (const expected of [undefined, 2]) {
      let lost = false
      store.interfere = async (_request, commit) => {
        const response = commit()
        if (lost || response.status > 299) return response
        lost = true
        throw new KubeError('Unavailable', 'the connection was reset')
      }
      recorder.record(note())
      await clock.advance(10_000)
      await recorder.flush()
      expect(counts()).toEqual([expected])
      recorder = build()
    }
  })

  test('one that does not is given up after three tries, and reported', async () => {
    store.interfere = async () => {
      throw new KubeError('Unavailable', 'down')
    }
    recorder.record(note())
    await clock.advance(6_000)
    await recorder.flush()
    expect(errors).toMatchObject([{ code: 'Unavailable' }])
    expect(clock.timers).toEqual([])
  })

  test('a refusal is reported at once, and the next note goes on', async () => {
    let refused = false
    store.interfere = async (_request, commit) => {
      if (refused) return commit()
      refused = true
      throw new KubeError('Forbidden', 'no')
    }
    recorder.record(note({ note: 'first' }))
    recorder.record(note({ note: 'second' }))
    await recorder.flush()
    expect(errors).toMatchObject([{ code: 'Forbidden' }])
    expect(written()).toMatchObject([{ note: 'second' }])
    await settled()
  })
})
