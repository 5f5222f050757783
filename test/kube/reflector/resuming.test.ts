import { describe, expect, test } from 'vitest'
import { failure, reset, ScriptedWatch } from '../scenario-server.ts'
import { settled, until } from '../virtual-clock.ts'
import { added, bookmark, errorEvent, pod, watchFrom } from './pod-watch.ts'
import { reflectorStage } from './reflector-stage.ts'

describe('Watching -> Listed: resumes from the last version', () => {
  test('when the server ends the watch', async () => {
    const it = await reflectorStage()
    const first = await it.startWatching()
    const second = new ScriptedWatch()
    it.server.expect(watchFrom('11', second.reply))
    await first.send(added(pod('a', '11')))
    await until(() => it.told.length === 1)
    await first.end()
    await second.opened
    await until(() => it.reflector.state === 'Watching')
    expect(it.states).toEqual(['Listed', 'Watching'])
    expect(it.errors).toEqual([])
    it.server.verify()
  })

  test('when the connection breaks', async () => {
    const it = await reflectorStage()
    const first = await it.startWatching()
    const second = new ScriptedWatch()
    it.server.expect(watchFrom('10', second.reply))
    await first.reset()
    await second.opened
    expect(it.errors).toEqual(['Unavailable'])
    it.server.verify()
  })

  test('which bookmarks alone have moved on', async () => {
    const it = await reflectorStage()
    const first = await it.startWatching()
    const second = new ScriptedWatch()
    it.server.expect(watchFrom('999', second.reply))
    await first.send(bookmark('500'), bookmark('999'))
    await until(() => it.reflector.lastSeenResourceVersion === '999')
    await first.end()
    await second.opened
    expect(it.told).toEqual([])
    it.server.verify()
  })

  test.each([
    ['is cut in its middle', '{"type":"ADDED","object":{"metada'],
    ['is not JSON', '{"type":oops}\n'],
    ['is no watch event', '{"kind":"Pod"}\n'],
    ['is null', 'null\n'],
  ])('when a line %s, after the good lines before it', async (_sentence, bad) => {
    const it = await reflectorStage()
    const first = await it.startWatching()
    const second = new ScriptedWatch()
    it.server.expect(watchFrom('11', second.reply))
    await first.sendRaw(`${JSON.stringify(added(pod('a', '11')))}\n${bad}`)
    await until(() => it.told.length === 1)
    await first.end()
    await second.opened
    expect(it.errors).toEqual(['Unavailable'])
    it.server.verify()
  })

  test('when nothing has come for 295 s', async () => {
    const it = await reflectorStage()
    const first = await it.startWatching()
    const second = new ScriptedWatch()
    it.server.expect(watchFrom('11', second.reply))
    await it.clock.advance(200_000)
    await first.send(bookmark('11'))
    await until(() => it.reflector.lastSeenResourceVersion === '11')
    await it.clock.advance(294_999)
    await settled()
    expect([it.reflector.state, it.server.remaining]).toEqual(['Watching', 1])
    await it.clock.advance(1)
    await second.opened
    expect(it.errors).toEqual(['Timeout'])
    it.server.verify()
  })

  test.each([429, 500, 503])('after %i, with growing delays, and without listing again', async (status) => {
    const it = await reflectorStage()
    const first = await it.startWatching()
    const second = new ScriptedWatch()
    it.server.expect(
      watchFrom('10', failure(status, 'Busy')),
      watchFrom('10', failure(status, 'Busy')),
      watchFrom('10', failure(status, 'Busy')),
      watchFrom('10', second.reply),
    )
    await first.end()
    await it.passBackoff(800)
    await it.passBackoff(1_600)
    await it.passBackoff(3_200)
    await second.opened
    it.server.verify()
  })

  test('after a refused connection, likewise', async () => {
    const it = await reflectorStage()
    const first = await it.startWatching()
    const second = new ScriptedWatch()
    it.server.expect(watchFrom('10', reset), watchFrom('10', second.reply))
    await first.end()
    await it.passBackoff(800)
    await second.opened
    it.server.verify()
  })

  test('not before Retry-After has passed', async () => {
    const it = await reflectorStage()
    const first = await it.startWatching()
    const second = new ScriptedWatch()
    it.server.expect(watchFrom('10', failure(429, 'Busy', { 'retry-after': '60' })), watchFrom('10', second.reply))
    await first.end()
    await it.passBackoff(60_000)
    await second.opened
    it.server.verify()
  })

  test('with a delay when watches end as soon as they are opened', async () => {
    const it = await reflectorStage()
    const first = await it.startWatching()
    const second = new ScriptedWatch()
    const third = new ScriptedWatch()
    it.server.expect(watchFrom('10', second.reply), watchFrom('10', third.reply))
    await first.end()
    await second.end()
    await it.passBackoff(800)
    await third.opened
    it.server.verify()
  })

  test('after an ERROR event that is not about the version', async () => {
    const it = await reflectorStage()
    const first = await it.startWatching()
    const second = new ScriptedWatch()
    it.server.expect(watchFrom('10', second.reply))
    await first.send(errorEvent(500, 'InternalError'))
    await second.opened
    expect(it.errors).toEqual(['Unavailable'])
    it.server.verify()
  })
})
