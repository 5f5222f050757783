import { describe, expect, test } from 'vitest'
import { failure, ScriptedWatch } from '../scenario-server.ts'
import { until } from '../virtual-clock.ts'
import {
  added,
  bookmark,
  deleted,
  errorEvent,
  list,
  modified,
  page,
  pod,
  streamedList,
  watchFrom,
} from './pod-watch.ts'
import { reflectorStage, type ReflectorStage } from './reflector-stage.ts'

describe('Empty -> Listing -> Listed -> Watching', () => {
  test('by a streamed list, which goes on as the watch', async () => {
    const it = await reflectorStage()
    const watch = new ScriptedWatch()
    it.server.expect(streamedList(watch.reply))
    it.reflector.start()
    await watch.send(added(pod('a', '1')), added(pod('b', '2')))
    await until(() => it.reflector.cache.size === 2)
    expect(it.reflector.state).toBe('Listing')
    expect(it.reflector.lastSeenResourceVersion).toBeUndefined()
    await watch.send(bookmark('10', true))
    await it.reflector.synced
    expect(it.states).toEqual(['Listing', 'Listed', 'Watching'])
    expect(it.reflector.lastSeenResourceVersion).toBe('10')
    await watch.send(modified(pod('a', '11')), deleted(pod('b', '12')), added(pod('c', '13')))
    await until(() => it.told.length === 5)
    expect(it.told).toEqual([
      'upsert a 1 initial',
      'upsert b 2 initial',
      'upsert a 1>11',
      'delete b 2>12',
      'upsert c 13',
    ])
    expect(it.reflector.lastSeenResourceVersion).toBe('13')
    it.server.verify()
  })

  test.each([400, 422])('by pages, at once, where the server refuses a streamed list with %i', async (status) => {
    const it = await reflectorStage()
    const watch = new ScriptedWatch()
    it.server.expect(
      streamedList(failure(status, 'Invalid')),
      list(page('10', [pod('a', '1')], 'next')),
      list(page('10', [pod('b', '2')]), '500', 'next'),
      watchFrom('10', watch.reply),
    )
    it.reflector.start()
    await watch.opened
    await until(() => it.reflector.state === 'Watching')
    expect(it.states).toEqual(['Listing', 'Empty', 'Listing', 'Listed', 'Watching'])
    expect(it.told).toEqual(['upsert a 1 initial', 'upsert b 2 initial'])
    expect(it.errors).toEqual([])
    it.server.verify()
  })

  test('by pages where the server ends a streamed list without saying that it is complete', async () => {
    const it = await reflectorStage()
    const unaware = new ScriptedWatch()
    const watch = new ScriptedWatch()
    it.server.expect(streamedList(unaware.reply), list(page('10', [pod('a', '1')])), watchFrom('10', watch.reply))
    it.reflector.start()
    await unaware.send(added(pod('a', '1')))
    await until(() => it.reflector.cache.size === 1)
    await it.clock.advance(290_000)
    await unaware.end()
    await watch.opened
    expect(it.told).toEqual(['upsert a 1 initial'])
    it.server.verify()
  })

  test('a continue token that expires leads to a list in one page', async () => {
    const it = await reflectorStage({ streamList: false })
    const watch = new ScriptedWatch()
    it.server.expect(
      list(page('10', [pod('a', '1')], 'next')),
      list(failure(410, 'Expired'), '500', 'next'),
      list(page('11', [pod('a', '1'), pod('b', '2')]), null),
      watchFrom('11', watch.reply),
    )
    it.reflector.start()
    await it.passBackoff(800)
    await watch.opened
    expect(it.reflector.cache.list().map(({ name }) => name)).toEqual(['a', 'b'])
    it.server.verify()
  })

  test('only what is selected', async () => {
    const it = await reflectorStage({ namespace: 'shop', labelSelector: 'app=shop', fieldSelector: 'spec.nodeName=n1' })
    const watch = new ScriptedWatch()
    it.server.expect({
      call: 'GET /api/v1/namespaces/shop/pods',
      query: { labelSelector: 'app=shop', fieldSelector: 'spec.nodeName=n1' },
      reply: watch.reply,
    })
    it.reflector.start()
    await watch.opened
    it.server.verify()
  })
})

describe('Watching -> Empty: lists again when the version is unusable', () => {
  test.each<[string, (it: ReflectorStage, first: ScriptedWatch, relist: ScriptedWatch) => Promise<void>]>([
    [
      'a 410 event',
      async (it, first, relist) => {
        it.server.expect(streamedList(relist.reply))
        await first.send(errorEvent(410, 'Expired'))
      },
    ],
    [
      'a 410 answer',
      async (it, first, relist) => {
        it.server.expect(watchFrom('10', failure(410, 'Expired')), streamedList(relist.reply))
        await first.end()
        await it.passBackoff(800)
      },
    ],
    [
      'a version from the future, as after a restored backup',
      async (it, first, relist) => {
        it.server.expect(streamedList(relist.reply))
        await first.send(errorEvent(504, 'Timeout', [{ reason: 'ResourceVersionTooLarge' }]))
      },
    ],
    [
      'a version that the server cannot read',
      async (it, first, relist) => {
        it.server.expect(watchFrom('10', failure(400, 'BadRequest')), streamedList(relist.reply))
        await first.end()
        await it.passBackoff(800)
      },
    ],
  ])('%s', async (_sentence, lose) => {
    const it = await reflectorStage()
    const first = await it.startWatching(
      '10',
      pod('kept', '1'),
      pod('changed', '2'),
      pod('gone', '3'),
      pod('replaced', '4'),
    )
    const relist = new ScriptedWatch()
    await lose(it, first, relist)
    await relist.send(
      added(pod('kept', '1')),
      added(pod('changed', '20')),
      added(pod('replaced', '21', { uid: 'another' })),
      added(pod('new', '22')),
    )
    await until(() => it.reflector.cache.get('default', 'new') !== undefined)
    expect(it.reflector.cache.get('default', 'gone')).toBeDefined()
    await relist.send(bookmark('30', true))
    await until(() => it.reflector.state === 'Watching')
    expect(it.told).toEqual([
      'upsert changed 2>20 initial',
      'delete replaced 4>4 initial',
      'upsert replaced 21 initial',
      'upsert new 22 initial',
      'delete gone 3>3 initial',
    ])
    expect(it.states.filter((state) => state !== 'Listed')).toEqual(['Empty', 'Listing', 'Watching'])
    expect(it.reflector.cache.list().map(({ name }) => name)).toEqual(['kept', 'changed', 'replaced', 'new'])
    it.server.verify()
  })
})
