import { describe, expect, test } from 'vitest'
import { settled, until } from '../virtual-clock.ts'
import { added, bookmark, deleted, modified, pod } from './pod-watch.ts'
import { reflectorStage, type ReflectorStage } from './reflector-stage.ts'

describe('what arrives', () => {
  test('may be split anywhere, within a character too', async () => {
    const app = 'Zürich 東京 🚉'
    const lines = [added(pod('a', '1', { app })), bookmark('10', true)].map((line) => `${JSON.stringify(line)}\n`)
    async function* bytes(): AsyncGenerator<Uint8Array> {
      for (const byte of Buffer.from(lines.join(''))) yield Uint8Array.of(byte)
    }
    const response = { status: 200, headers: {}, text: async () => '', body: bytes(), cancel: () => {} }
    const it = await reflectorStage({ transport: { request: async () => response } })
    it.reflector.start()
    await it.reflector.synced
    expect(it.reflector.cache.get('default', 'a')?.app).toBe(app)
  })

  test('is stamped with the clock, before anything else happens', async () => {
    const it: ReflectorStage = await reflectorStage({
      project: ({ metadata }) => {
        // A projection that takes long must not count.
        it.clock.freeze(50)
        return { name: metadata.name, version: '', app: '' }
      },
    })
    const watch = await it.startWatching()
    const wallMs = it.clock.now()
    const monotonicMs = it.clock.monotonicMs()
    await watch.send(added(pod('a', '11')), added(pod('b', '12')))
    await until(() => it.received.length === 2)
    for (const event of it.received) {
      expect(event).toMatchObject({ receivedAtMs: wallMs, receivedMonotonicMs: monotonicMs, initial: false })
    }
  })

  test('is dropped, or deleted, when the projection says so', async () => {
    const it = await reflectorStage()
    const watch = await it.startWatching()
    await watch.send(
      added(pod('never', '11', { app: 'dropped' })),
      deleted(pod('never', '12', { app: 'dropped' })),
      added(pod('once', '13')),
      modified(pod('once', '14', { app: 'dropped' })),
      modified(pod('once', '15')),
    )
    await until(() => it.told.length === 3)
    expect(it.told).toEqual(['upsert once 13', 'delete once 13>13', 'upsert once 15'])
  })

  test('reaches every handler, though one throws, and the projection of another object fails', async () => {
    const it = await reflectorStage({
      project: ({ metadata }) => {
        if (metadata.name === 'poison') throw new Error('poison')
        return { name: metadata.name, version: metadata.resourceVersion ?? '', app: '' }
      },
    })
    const late: string[] = []
    const watch = await it.startWatching()
    it.reflector.onEvent(() => {
      throw new Error('handler')
    })
    const remove = it.reflector.onEvent(({ name }) => late.push(name))
    await watch.send(added(pod('poison', '11')), added(pod('a', '12')))
    await until(() => late.length === 1)
    expect(it.errors).toEqual(['poison', 'handler'])
    expect(it.reflector.lastSeenResourceVersion).toBe('12')
    expect(it.reflector.state).toBe('Watching')
    remove()
    await watch.send(added(pod('b', '13')))
    await until(() => it.reflector.cache.get('default', 'b') !== undefined)
    expect(late).toEqual(['a'])
  })

  test('is found by index, also after it has changed', async () => {
    const it = await reflectorStage()
    const watch = await it.startWatching()
    await watch.send(added(pod('a', '11')), added(pod('b', '12')), modified(pod('b', '13', { app: 'other' })))
    await until(() => it.told.length === 3)
    const names = (app: string): string[] => it.reflector.cache.byIndex('app', app).map(({ name }) => name)
    expect([names('shop'), names('other'), names('none')]).toEqual([['a'], ['b'], []])
    await watch.send(deleted(pod('a', '14')))
    await until(() => it.told.length === 4)
    expect(names('shop')).toEqual([])
    expect(() => it.reflector.cache.byIndex('nope', '')).toThrow('declared are app')
    await settled()
  })
})
