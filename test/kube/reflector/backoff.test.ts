import { describe, expect, test } from 'vitest'
import { type ExpectedCall, failure, ScriptedWatch } from '../scenario-server.ts'
import { until } from '../virtual-clock.ts'
import { bookmark, errorEvent, streamedList, watchFrom } from './pod-watch.ts'
import { reflectorStage } from './reflector-stage.ts'

/** So many refused attempts to resume from version 10. */
const outage = (attempts: number): ExpectedCall[] =>
  Array.from({ length: attempts }, () => watchFrom('10', failure(503, 'Busy')))

describe('the backoff', () => {
  test('is jittered up to its double, stops growing at 30 s, and starts anew after two quiet minutes', async () => {
    const it = await reflectorStage({ random: () => 0.5 })
    const first = await it.startWatching()
    it.server.expect(...outage(9))
    await first.end()
    for (const delay of [1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 45_000, 45_000]) await it.passBackoff(delay)
    await until(() => it.clock.timers.includes(45_000))
    const second = new ScriptedWatch()
    it.server.expect(watchFrom('10', second.reply), watchFrom('10', failure(503, 'Busy')))
    await it.clock.advance(45_000)
    await second.opened
    await until(() => it.reflector.state === 'Watching')
    await it.clock.advance(120_001)
    await second.end()
    await until(() => it.clock.timers.includes(1_200))
    it.server.verify()
  })

  test('that grew in an outage is not waited for when the server that is back has forgotten the version', async () => {
    const it = await reflectorStage()
    const first = await it.startWatching()
    const relist = new ScriptedWatch()
    it.server.expect(...outage(3), watchFrom('10', failure(410, 'Expired')), streamedList(relist.reply))
    await first.end()
    for (const delayMs of [800, 1_600, 3_200]) await it.passBackoff(delayMs)
    await until(() => it.reflector.state === 'Empty')
    expect(it.clock.timers).toEqual([800])
    await it.clock.advance(800)
    await relist.opened
    it.server.verify()
  })

  test('of versions that are forgotten as soon as they are listed grows on its own', async () => {
    const it = await reflectorStage()
    let watch = await it.startWatching()
    // After this one, which lived, there is no delay.
    for (const delayMs of [0, 800, 1_600, 3_200]) {
      const relist = new ScriptedWatch()
      it.server.expect(streamedList(relist.reply))
      await watch.send(errorEvent(410, 'Expired'))
      if (delayMs > 0) await it.passBackoff(delayMs)
      await relist.send(bookmark('20', true))
      await until(() => it.reflector.state === 'Watching')
      watch = relist
    }
    it.server.verify()
  })

  test('of an outage goes on where it was when the list, too, finds no server', async () => {
    const it = await reflectorStage()
    const first = await it.startWatching()
    const relist = new ScriptedWatch()
    it.server.expect(
      ...outage(2),
      watchFrom('10', failure(410, 'Expired')),
      streamedList(failure(503, 'Busy')),
      streamedList(relist.reply),
    )
    await first.end()
    for (const delayMs of [800, 1_600, 800, 3_200]) await it.passBackoff(delayMs)
    await relist.opened
    it.server.verify()
  })
})
