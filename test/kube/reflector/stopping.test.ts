import { describe, expect, test } from 'vitest'
import { failure } from '../scenario-server.ts'
import { until } from '../virtual-clock.ts'
import { added, pod, streamedList } from './pod-watch.ts'
import { reflectorStage } from './reflector-stage.ts'

describe('stopping', () => {
  test('during a backoff is immediate', async () => {
    const it = await reflectorStage()
    it.server.expect(streamedList(failure(503, 'Busy')))
    it.reflector.start()
    await until(() => it.clock.timers.includes(800))
    await it.reflector.stop()
    expect(it.reflector.state).toBe('Stopped')
    expect(it.clock.timers).toEqual([])
    await expect(it.reflector.synced).rejects.toMatchObject({ code: 'Aborted' })
    it.server.verify()
  })

  test('during a watch closes the connection, and no handler is called any more', async () => {
    const it = await reflectorStage()
    const watch = await it.startWatching()
    it.reflector.onEvent(() => void it.reflector.stop())
    await watch.send(added(pod('a', '11')), added(pod('b', '12')))
    await watch.closed
    await it.reflector.stop()
    expect(it.told).toEqual(['upsert a 11'])
    expect(it.errors).toEqual([])
    expect(it.clock.timers).toEqual([])
  })

  test('while waiting for an answer is immediate', async () => {
    const it = await reflectorStage()
    it.server.expect(streamedList(() => {}))
    it.reflector.start()
    await until(() => it.server.calls.length === 1)
    await it.reflector.stop()
    expect(it.clock.timers).toEqual([])
  })

  test('before the start is possible', async () => {
    const it = await reflectorStage()
    await it.reflector.stop()
    expect(() => it.reflector.start()).toThrow('cannot be started again')
  })
})
