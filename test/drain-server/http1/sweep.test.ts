import { EventEmitter } from 'node:events'
import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Http1Protocol } from '../../../src/drain-server/http1/http1-protocol.ts'
import { Traffic } from '../../../src/drain-server/traffic/traffic.ts'
import { recordingLogger } from '../in-process.ts'
import { VirtualClock } from '../virtual-clock.ts'

/** A server with one connection, and the delays after which it looks at it again. */
function watched(clock: VirtualClock) {
  const server = createServer()
  const context = { traffic: new Traffic(clock), clock, idleGraceMs: 60_000, isProbe: () => false }
  const protocol = new Http1Protocol(server, { ...context, twoPhaseOverTls: false, logger: recordingLogger([]) })
  onTestFinished(() => protocol.release())
  server.emit(
    'connection',
    Object.assign(new EventEmitter(), { bytesRead: 0, on: () => undefined }) as unknown as Socket,
  )
  const after = vi.spyOn(clock, 'after')
  const delaysMs = (): number[] => after.mock.calls.map(([delayMs]) => delayMs)
  return { protocol, delaysMs }
}

test('connections are looked at four times a second while they are not being closed, then forty times', async () => {
  const clock = new VirtualClock()
  const { protocol, delaysMs } = watched(clock)
  protocol.shed()
  clock.advance(1000)
  expect(delaysMs()).toEqual([250, 250, 250, 250, 250])
  await protocol.closeListener()
  void protocol.settle(clock.nowMs() + 60_000)
  expect(delaysMs().at(-1)).toBe(25)
})

test('looking at them takes no more than a tenth of the time', async () => {
  const clock = new VirtualClock()
  const { protocol, delaysMs } = watched(clock)
  await protocol.closeListener()
  const nowMs = clock.nowMs.bind(clock)
  let spentMs = 0
  clock.nowMs = () => nowMs() + (spentMs += 10)
  protocol.shed()
  expect(delaysMs().at(-1)).toBeGreaterThanOrEqual(300)
})
