import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type ClosableTransport,
  createReflector,
  createUndiciTransport,
  type KubeError,
  type KubeObject,
  pods,
  type Reflector,
  type ReflectorEvent,
  type ReflectorOptions,
  type ReflectorState,
} from '../../src/kube/index.ts'
import {
  type ExpectedCall,
  failure,
  json,
  type Reply,
  reset,
  ScenarioServer,
  ScriptedWatch,
} from './scenario-server.ts'
import { settled, until, VirtualClock } from './virtual-clock.ts'

/** What is kept of a pod. */
interface Kept {
  name: string
  version: string
  app: string
}

const PODS = 'GET /api/v1/pods'
const pod = (name: string, resourceVersion: string, { uid = `uid-${name}`, app = 'shop' } = {}): KubeObject => ({
  metadata: { namespace: 'default', name, uid, resourceVersion, labels: { app } },
})
const added = (object: KubeObject): { type: string; object: KubeObject } => ({ type: 'ADDED', object })
const modified = (object: KubeObject): { type: string; object: KubeObject } => ({ type: 'MODIFIED', object })
const deleted = (object: KubeObject): { type: string; object: KubeObject } => ({ type: 'DELETED', object })
const bookmark = (resourceVersion: string, end = false): { type: string; object: unknown } => ({
  type: 'BOOKMARK',
  object: {
    metadata: { resourceVersion, ...(end ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}) },
  },
})
const errorEvent = (code: number, reason: string, causes: object[] = []): { type: string; object: unknown } => ({
  type: 'ERROR',
  object: { kind: 'Status', code, reason, message: reason, details: { causes } },
})

const streamedList = (reply: Reply): ExpectedCall => ({
  call: PODS,
  query: {
    watch: 'true',
    sendInitialEvents: 'true',
    resourceVersionMatch: 'NotOlderThan',
    allowWatchBookmarks: 'true',
    timeoutSeconds: '290',
    resourceVersion: null,
  },
  reply,
})
const watchFrom = (resourceVersion: string, reply: Reply): ExpectedCall => ({
  call: PODS,
  query: {
    watch: 'true',
    resourceVersion,
    allowWatchBookmarks: 'true',
    timeoutSeconds: '290',
    sendInitialEvents: null,
  },
  reply,
})
const list = (reply: Reply, limit: string | null = '500', token: string | null = null): ExpectedCall => ({
  call: PODS,
  query: { watch: null, limit, continue: token, resourceVersion: null },
  reply,
})
const page = (resourceVersion: string, items: KubeObject[], token?: string): Reply =>
  json({ metadata: { resourceVersion, ...(token === undefined ? {} : { continue: token }) }, items })

let server: ScenarioServer
let clock: VirtualClock
let transport: ClosableTransport
let reflector: Reflector<Kept>
let states: ReflectorState[]
let told: string[]
let received: ReflectorEvent<Kept>[]
let errors: string[]

function build(options: Partial<ReflectorOptions<Kept>> = {}): void {
  reflector = createReflector<Kept>({
    transport,
    clock,
    random: () => 0,
    resource: pods,
    project: ({ metadata }) =>
      metadata.labels?.['app'] === 'dropped'
        ? undefined
        : { name: metadata.name, version: metadata.resourceVersion ?? '', app: metadata.labels?.['app'] ?? '' },
    indexes: { app: (kept) => [kept.app] },
    onError: (error) => errors.push((error as KubeError).code ?? (error as Error).message),
    onStateChange: (state) => states.push(state),
    ...options,
  })
  reflector.onEvent((event) => {
    received.push(event)
    const { type, object, previous, initial } = event
    const change = previous === undefined ? object.version : `${previous.version}>${object.version}`
    told.push(`${type} ${object.name} ${change}${initial ? ' initial' : ''}`)
  })
}

beforeEach(async () => {
  server = await ScenarioServer.start()
  clock = new VirtualClock()
  transport = createUndiciTransport({ clock, access: async () => ({ server: server.url }) })
  states = []
  told = []
  received = []
  errors = []
  build()
})

afterEach(async () => {
  await reflector.stop()
  await transport.close()
  await server.close()
})

/** Streams an empty list at this version, so that a test can start in Watching. */
async function startWatching(resourceVersion = '10', ...objects: KubeObject[]): Promise<ScriptedWatch> {
  const watch = new ScriptedWatch()
  server.expect(streamedList(watch.reply))
  reflector.start()
  await watch.send(...objects.map(added), bookmark(resourceVersion, true))
  await reflector.synced
  await clock.advance(2_000)
  states.length = 0
  told.length = 0
  received.length = 0
  return watch
}

/** Waits until the reflector sleeps for this long before it tries again, and lets it. */
async function passBackoff(delayMs: number): Promise<void> {
  await until(() => clock.timers.includes(delayMs))
  await clock.advance(delayMs)
}

describe('Empty -> Listing -> Listed -> Watching', () => {
  test('by a streamed list, which goes on as the watch', async () => {
    const watch = new ScriptedWatch()
    server.expect(streamedList(watch.reply))
    reflector.start()
    await watch.send(added(pod('a', '1')), added(pod('b', '2')))
    await until(() => reflector.cache.size === 2)
    expect(reflector.state).toBe('Listing')
    expect(reflector.lastSeenResourceVersion).toBeUndefined()
    await watch.send(bookmark('10', true))
    await reflector.synced
    expect(states).toEqual(['Listing', 'Listed', 'Watching'])
    expect(reflector.lastSeenResourceVersion).toBe('10')
    await watch.send(modified(pod('a', '11')), deleted(pod('b', '12')), added(pod('c', '13')))
    await until(() => told.length === 5)
    expect(told).toEqual(['upsert a 1 initial', 'upsert b 2 initial', 'upsert a 1>11', 'delete b 2>12', 'upsert c 13'])
    expect(reflector.lastSeenResourceVersion).toBe('13')
    server.verify()
  })

  test.each([400, 422])('by pages, at once, where the server refuses a streamed list with %i', async (status) => {
    const watch = new ScriptedWatch()
    server.expect(
      streamedList(failure(status, 'Invalid')),
      list(page('10', [pod('a', '1')], 'next')),
      list(page('10', [pod('b', '2')]), '500', 'next'),
      watchFrom('10', watch.reply),
    )
    reflector.start()
    await watch.opened
    await until(() => reflector.state === 'Watching')
    expect(states).toEqual(['Listing', 'Empty', 'Listing', 'Listed', 'Watching'])
    expect(told).toEqual(['upsert a 1 initial', 'upsert b 2 initial'])
    expect(errors).toEqual([])
    server.verify()
  })

  test('by pages where the server ends a streamed list without saying that it is complete', async () => {
    const unaware = new ScriptedWatch()
    const watch = new ScriptedWatch()
    server.expect(streamedList(unaware.reply), list(page('10', [pod('a', '1')])), watchFrom('10', watch.reply))
    reflector.start()
    await unaware.send(added(pod('a', '1')))
    await until(() => reflector.cache.size === 1)
    await clock.advance(290_000)
    await unaware.end()
    await watch.opened
    expect(told).toEqual(['upsert a 1 initial'])
    server.verify()
  })

  test('a continue token that expires leads to a list in one page', async () => {
    build({ streamList: false })
    const watch = new ScriptedWatch()
    server.expect(
      list(page('10', [pod('a', '1')], 'next')),
      list(failure(410, 'Expired'), '500', 'next'),
      list(page('11', [pod('a', '1'), pod('b', '2')]), null),
      watchFrom('11', watch.reply),
    )
    reflector.start()
    await passBackoff(800)
    await watch.opened
    expect(reflector.cache.list().map(({ name }) => name)).toEqual(['a', 'b'])
    server.verify()
  })

  test('only what is selected', async () => {
    build({ namespace: 'shop', labelSelector: 'app=shop', fieldSelector: 'spec.nodeName=n1' })
    const watch = new ScriptedWatch()
    server.expect({
      call: 'GET /api/v1/namespaces/shop/pods',
      query: { labelSelector: 'app=shop', fieldSelector: 'spec.nodeName=n1' },
      reply: watch.reply,
    })
    reflector.start()
    await watch.opened
    server.verify()
  })
})

describe('Watching -> Listed: resumes from the last version', () => {
  test('when the server ends the watch', async () => {
    const first = await startWatching()
    const second = new ScriptedWatch()
    server.expect(watchFrom('11', second.reply))
    await first.send(added(pod('a', '11')))
    await until(() => told.length === 1)
    await first.end()
    await second.opened
    await until(() => reflector.state === 'Watching')
    expect(states).toEqual(['Listed', 'Watching'])
    expect(errors).toEqual([])
    server.verify()
  })

  test('when the connection breaks', async () => {
    const first = await startWatching()
    const second = new ScriptedWatch()
    server.expect(watchFrom('10', second.reply))
    await first.reset()
    await second.opened
    expect(errors).toEqual(['Unavailable'])
    server.verify()
  })

  test('which bookmarks alone have moved on', async () => {
    const first = await startWatching()
    const second = new ScriptedWatch()
    server.expect(watchFrom('999', second.reply))
    await first.send(bookmark('500'), bookmark('999'))
    await until(() => reflector.lastSeenResourceVersion === '999')
    await first.end()
    await second.opened
    expect(told).toEqual([])
    server.verify()
  })

  test.each([
    ['is cut in its middle', '{"type":"ADDED","object":{"metada'],
    ['is not JSON', '{"type":oops}\n'],
    ['is no watch event', '{"kind":"Pod"}\n'],
    ['is null', 'null\n'],
  ])('when a line %s, after the good lines before it', async (_sentence, bad) => {
    const first = await startWatching()
    const second = new ScriptedWatch()
    server.expect(watchFrom('11', second.reply))
    await first.sendRaw(`${JSON.stringify(added(pod('a', '11')))}\n${bad}`)
    await until(() => told.length === 1)
    await first.end()
    await second.opened
    expect(errors).toEqual(['Unavailable'])
    server.verify()
  })

  test('when nothing has come for 295 s', async () => {
    const first = await startWatching()
    const second = new ScriptedWatch()
    server.expect(watchFrom('11', second.reply))
    await clock.advance(200_000)
    await first.send(bookmark('11'))
    await until(() => reflector.lastSeenResourceVersion === '11')
    await clock.advance(294_999)
    await settled()
    expect([reflector.state, server.remaining]).toEqual(['Watching', 1])
    await clock.advance(1)
    await second.opened
    expect(errors).toEqual(['Timeout'])
    server.verify()
  })

  test.each([429, 500, 503])('after %i, with growing delays, and without listing again', async (status) => {
    const first = await startWatching()
    const second = new ScriptedWatch()
    server.expect(
      watchFrom('10', failure(status, 'Busy')),
      watchFrom('10', failure(status, 'Busy')),
      watchFrom('10', failure(status, 'Busy')),
      watchFrom('10', second.reply),
    )
    await first.end()
    await passBackoff(800)
    await passBackoff(1_600)
    await passBackoff(3_200)
    await second.opened
    server.verify()
  })

  test('after a refused connection, likewise', async () => {
    const first = await startWatching()
    const second = new ScriptedWatch()
    server.expect(watchFrom('10', reset), watchFrom('10', second.reply))
    await first.end()
    await passBackoff(800)
    await second.opened
    server.verify()
  })

  test('not before Retry-After has passed', async () => {
    const first = await startWatching()
    const second = new ScriptedWatch()
    server.expect(watchFrom('10', failure(429, 'Busy', { 'retry-after': '60' })), watchFrom('10', second.reply))
    await first.end()
    await passBackoff(60_000)
    await second.opened
    server.verify()
  })

  test('with a delay when watches end as soon as they are opened', async () => {
    const first = await startWatching()
    const second = new ScriptedWatch()
    const third = new ScriptedWatch()
    server.expect(watchFrom('10', second.reply), watchFrom('10', third.reply))
    await first.end()
    await second.end()
    await passBackoff(800)
    await third.opened
    server.verify()
  })

  test('after an ERROR event that is not about the version', async () => {
    const first = await startWatching()
    const second = new ScriptedWatch()
    server.expect(watchFrom('10', second.reply))
    await first.send(errorEvent(500, 'InternalError'))
    await second.opened
    expect(errors).toEqual(['Unavailable'])
    server.verify()
  })
})

describe('Watching -> Empty: lists again when the version is unusable', () => {
  test.each<[string, (first: ScriptedWatch, relist: ScriptedWatch) => Promise<void>]>([
    [
      'a 410 event',
      async (first, relist) => {
        server.expect(streamedList(relist.reply))
        await first.send(errorEvent(410, 'Expired'))
      },
    ],
    [
      'a 410 answer',
      async (first, relist) => {
        server.expect(watchFrom('10', failure(410, 'Expired')), streamedList(relist.reply))
        await first.end()
        await passBackoff(800)
      },
    ],
    [
      'a version from the future, as after a restored backup',
      async (first, relist) => {
        server.expect(streamedList(relist.reply))
        await first.send(errorEvent(504, 'Timeout', [{ reason: 'ResourceVersionTooLarge' }]))
      },
    ],
    [
      'a version that the server cannot read',
      async (first, relist) => {
        server.expect(watchFrom('10', failure(400, 'BadRequest')), streamedList(relist.reply))
        await first.end()
        await passBackoff(800)
      },
    ],
  ])('%s', async (_sentence, lose) => {
    const first = await startWatching(
      '10',
      pod('kept', '1'),
      pod('changed', '2'),
      pod('gone', '3'),
      pod('replaced', '4'),
    )
    const relist = new ScriptedWatch()
    await lose(first, relist)
    await relist.send(
      added(pod('kept', '1')),
      added(pod('changed', '20')),
      added(pod('replaced', '21', { uid: 'another' })),
      added(pod('new', '22')),
    )
    await until(() => reflector.cache.get('default', 'new') !== undefined)
    expect(reflector.cache.get('default', 'gone')).toBeDefined()
    await relist.send(bookmark('30', true))
    await until(() => reflector.state === 'Watching')
    expect(told).toEqual([
      'upsert changed 2>20 initial',
      'delete replaced 4>4 initial',
      'upsert replaced 21 initial',
      'upsert new 22 initial',
      'delete gone 3>3 initial',
    ])
    expect(states.filter((state) => state !== 'Listed')).toEqual(['Empty', 'Listing', 'Watching'])
    expect(reflector.cache.list().map(({ name }) => name)).toEqual(['kept', 'changed', 'replaced', 'new'])
    server.verify()
  })
})

describe('the backoff', () => {
  test('is jittered up to its double, stops growing at 30 s, and starts anew after two quiet minutes', async () => {
    build({ random: () => 0.5 })
    const first = await startWatching()
    for (let i = 0; i < 9; i++) server.expect(watchFrom('10', failure(503, 'Busy')))
    await first.end()
    for (const delay of [1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 45_000, 45_000]) await passBackoff(delay)
    await until(() => clock.timers.includes(45_000))
    const second = new ScriptedWatch()
    server.expect(watchFrom('10', second.reply), watchFrom('10', failure(503, 'Busy')))
    await clock.advance(45_000)
    await second.opened
    await until(() => reflector.state === 'Watching')
    await clock.advance(120_001)
    await second.end()
    await until(() => clock.timers.includes(1_200))
    server.verify()
  })
})

describe('stopping', () => {
  test('during a backoff is immediate', async () => {
    server.expect(streamedList(failure(503, 'Busy')))
    reflector.start()
    await until(() => clock.timers.includes(800))
    await reflector.stop()
    expect(reflector.state).toBe('Stopped')
    expect(clock.timers).toEqual([])
    await expect(reflector.synced).rejects.toMatchObject({ code: 'Aborted' })
    server.verify()
  })

  test('during a watch closes the connection, and no handler is called any more', async () => {
    const watch = await startWatching()
    reflector.onEvent(() => void reflector.stop())
    await watch.send(added(pod('a', '11')), added(pod('b', '12')))
    await watch.closed
    await reflector.stop()
    expect(told).toEqual(['upsert a 11'])
    expect(errors).toEqual([])
    expect(clock.timers).toEqual([])
  })

  test('while waiting for an answer is immediate', async () => {
    server.expect(streamedList(() => {}))
    reflector.start()
    await until(() => server.calls.length === 1)
    await reflector.stop()
    expect(clock.timers).toEqual([])
  })

  test('before the start is possible', async () => {
    await reflector.stop()
    expect(() => reflector.start()).toThrow('cannot be started again')
  })
})

describe('what arrives', () => {
  test('may be split anywhere, within a character too', async () => {
    const app = 'Zürich 東京 🚉'
    const lines = [added(pod('a', '1', { app })), bookmark('10', true)].map((line) => `${JSON.stringify(line)}\n`)
    async function* bytes(): AsyncGenerator<Uint8Array> {
      for (const byte of Buffer.from(lines.join(''))) yield Uint8Array.of(byte)
    }
    const response = { status: 200, headers: {}, text: async () => '', body: bytes(), cancel: () => {} }
    build({ transport: { request: async () => response } })
    reflector.start()
    await reflector.synced
    expect(reflector.cache.get('default', 'a')?.app).toBe(app)
  })

  test('is stamped with the clock, before anything else happens', async () => {
    build({
      project: ({ metadata }) => {
        // A projection that takes long must not count.
        clock.freeze(50)
        return { name: metadata.name, version: '', app: '' }
      },
    })
    const watch = await startWatching()
    const wallMs = clock.now()
    const monotonicMs = clock.monotonicMs()
    await watch.send(added(pod('a', '11')), added(pod('b', '12')))
    await until(() => received.length === 2)
    for (const event of received) {
      expect(event).toMatchObject({ receivedAtMs: wallMs, receivedMonotonicMs: monotonicMs, initial: false })
    }
  })

  test('is dropped, or deleted, when the projection says so', async () => {
    const watch = await startWatching()
    await watch.send(
      added(pod('never', '11', { app: 'dropped' })),
      deleted(pod('never', '12', { app: 'dropped' })),
      added(pod('once', '13')),
      modified(pod('once', '14', { app: 'dropped' })),
      modified(pod('once', '15')),
    )
    await until(() => told.length === 3)
    expect(told).toEqual(['upsert once 13', 'delete once 13>13', 'upsert once 15'])
  })

  test('reaches every handler, though one throws, and the projection of another object fails', async () => {
    build({
      project: ({ metadata }) => {
        if (metadata.name === 'poison') throw new Error('poison')
        return { name: metadata.name, version: metadata.resourceVersion ?? '', app: '' }
      },
    })
    const late: string[] = []
    const watch = await startWatching()
    reflector.onEvent(() => {
      throw new Error('handler')
    })
    const remove = reflector.onEvent(({ name }) => late.push(name))
    await watch.send(added(pod('poison', '11')), added(pod('a', '12')))
    await until(() => late.length === 1)
    expect(errors).toEqual(['poison', 'handler'])
    expect(reflector.lastSeenResourceVersion).toBe('12')
    expect(reflector.state).toBe('Watching')
    remove()
    await watch.send(added(pod('b', '13')))
    await until(() => reflector.cache.get('default', 'b') !== undefined)
    expect(late).toEqual(['a'])
  })

  test('is found by index, also after it has changed', async () => {
    const watch = await startWatching()
    await watch.send(added(pod('a', '11')), added(pod('b', '12')), modified(pod('b', '13', { app: 'other' })))
    await until(() => told.length === 3)
    const names = (app: string): string[] => reflector.cache.byIndex('app', app).map(({ name }) => name)
    expect([names('shop'), names('other'), names('none')]).toEqual([['a'], ['b'], []])
    await watch.send(deleted(pod('a', '14')))
    await until(() => told.length === 4)
    expect(names('shop')).toEqual([])
    expect(() => reflector.cache.byIndex('nope', '')).toThrow('declared are app')
    await settled()
  })
})
