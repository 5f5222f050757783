import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../virtual-clock.ts'
import { answerOf, beginSettling, fastClock, http2Stage } from './http2-stage.ts'
import { frameType } from './raw-http2-client.ts'
import type { RawHttp2Client } from './raw-http2-client.ts'

const noticeId = 2 ** 31 - 1

function pingOf(client: RawHttp2Client): Buffer | undefined {
  return client.frames.find(({ type, flags }) => type === frameType.ping && flags === 0)?.payload
}

const kinds = [
  { kind: 'in clear text', tls: false, twoPhaseOverTls: false },
  { kind: 'over TLS, through the tap', tls: true, twoPhaseOverTls: true },
]

describe.each(kinds)('two-phase GOAWAY $kind', (kind) => {
  it('serves streams that come after the notice, and refuses those that come after the final GOAWAY', async () => {
    const { protocol, connect, arrived } = await http2Stage(kind)
    const client = await connect({ answerPings: false })
    const slow = client.request('/slow')
    const slowResponse = await arrived('/slow')
    protocol.shed()
    await client.until(() => client.goaways.length === 1)
    expect(client.goaways).toEqual([{ lastStreamId: noticeId, errorCode: 0 }])
    expect(await client.over(client.request('/after-notice'))).toMatchObject({ status: 200, body: '/after-notice' })
    await protocol.closeListener()
    const settled = protocol.settle(Number.MAX_SAFE_INTEGER)
    await client.until(() => pingOf(client) !== undefined)
    const last = client.request('/before-ping-answer')
    expect(await client.over(last)).toMatchObject({ status: 200, body: '/before-ping-answer' })
    client.send(frameType.ping, 1, 0, pingOf(client))
    await client.until(() => client.goaways.length === 2)
    expect(client.goaways[1]).toEqual({ lastStreamId: last, errorCode: 0 })
    const refused = client.request('/too-late')
    await client.ping()
    slowResponse.end('done')
    expect(await client.over(slow)).toMatchObject({ status: 200, body: 'done', complete: true })
    expect(await client.end()).toBe('FIN')
    expect(client.response(refused).status).toBeUndefined()
    client.socket.end()
    await settled
    expect(protocol.loss).toEqual({ connections: 0, requests: 0 })
  })

  it('serves what comes in one write with the answer to the PING', async () => {
    const stage = await http2Stage(kind)
    const client = await stage.connect({ answerPings: false })
    await client.over(client.request('/first'))
    const { settled } = await beginSettling(stage)
    await client.until(() => pingOf(client) !== undefined)
    client.socket.cork()
    client.send(frameType.ping, 1, 0, pingOf(client))
    const racing = client.request('/racing')
    client.socket.uncork()
    expect(await client.over(racing)).toMatchObject({ status: 200, body: '/racing' })
    await client.end()
    client.socket.end()
    await settled
  })

  it('closes only what has been quiet since the notice, or has had it for a second', async () => {
    const clock = new VirtualClock()
    const stage = await http2Stage({ ...kind, clock })
    const client = await stage.connect()
    await client.over(client.request('/first'))
    const { settled } = await beginSettling(stage)
    const passes = async (durationMs: number): Promise<void> => {
      for (let passed = 0; passed < durationMs; passed += 25) {
        clock.advance(25)
        await client.ping()
      }
    }
    // Each PING of the client is something that comes.
    await passes(900)
    expect(pingOf(client)).toBeUndefined()
    expect(await client.over(client.request('/picked-before'))).toMatchObject({ status: 200, body: '/picked-before' })
    await passes(100)
    await client.until(() => pingOf(client) !== undefined)
    expect(await client.end()).toBe('FIN')
    client.socket.end()
    await clock.fly(settled)
  })

  it('sends the final GOAWAY without an answer to the PING when none comes in a second', async () => {
    const stage = await http2Stage({ ...kind, clock: fastClock })
    const client = await stage.connect({ answerPings: false })
    await client.over(client.request('/first'))
    const { settled } = await beginSettling(stage)
    expect(await client.end()).toBe('FIN')
    expect(client.goaways.map(({ lastStreamId }) => lastStreamId)).toEqual(expect.arrayContaining([noticeId, 1]))
    client.socket.end()
    await settled
  })

  it('sends the final GOAWAY when the application has used up the PINGs', async () => {
    const stage = await http2Stage({
      ...kind,
      clock: fastClock,
      prepare: (server) => server.on('session', (session) => setImmediate(() => fillPings(session))),
    })
    const client = await stage.connect({ answerPings: false })
    await client.over(client.request('/first'))
    const { settled } = await beginSettling(stage)
    expect(await client.end()).toBe('FIN')
    client.socket.end()
    await settled
  })

  it('does not wait for the answer to the PING of a session that is gone', async () => {
    const stage = await http2Stage(kind)
    const client = await stage.connect({ answerPings: false })
    await client.over(client.request('/first'))
    const { settled } = await beginSettling(stage)
    await client.until(() => pingOf(client) !== undefined)
    client.reset()
    await settled
    expect(stage.protocol.loss).toEqual({ connections: 0, requests: 0 })
  })

  it('tells node clients to leave, and answers what they have asked', async () => {
    const stage = await http2Stage(kind)
    const session = await stage.connectNode()
    const slow = answerOf(session.request({ ':path': '/slow' }))
    const response = await stage.arrived('/slow')
    const told = once(session, 'goaway')
    const { settled } = await beginSettling(stage)
    await told
    response.end('done')
    expect(await slow).toBe('200 done')
    await settled
  })

  it('tells a session that begins while shedding no earlier than the listener is closed', async () => {
    const stage = await http2Stage(kind)
    const old = await stage.connect()
    await old.over(old.request('/first'))
    stage.protocol.shed()
    const client = await stage.connect()
    expect(await client.over(client.request('/new'))).toMatchObject({ status: 200 })
    await old.until(() => old.goaways.length === 1)
    await client.ping()
    expect(client.goaways).toEqual([])
    const { settled } = await beginSettling(stage)
    await client.until(() => client.goaways.length === 1)
    expect(client.goaways).toEqual([{ lastStreamId: noticeId, errorCode: 0 }])
    expect(await client.over(client.request('/last'))).toMatchObject({ status: 200 })
    await client.end()
    client.socket.end()
    old.socket.end()
    await settled
  })

  it('waits for the end of a frame that a slow reader has got only a part of', async () => {
    const stage = await http2Stage(kind)
    const client = await stage.connect()
    client.send(frameType.windowUpdate, 0, 0, Buffer.of(0x0f, 0, 0, 0))
    const slow = client.request('/slow')
    client.send(frameType.windowUpdate, 0, slow, Buffer.of(0x0f, 0, 0, 0))
    const response = await stage.arrived('/slow')
    await client.ping()
    client.socket.pause()
    const body = 'x'.repeat(16 * 1024 * 1024)
    response.end(body)
    // The kernel's buffers are full when the server has not got rid of the body.
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    const { settled } = await beginSettling(stage)
    expect(client.goaways).toEqual([])
    client.socket.resume()
    const answer = await client.over(slow)
    expect(answer.complete).toBe(true)
    expect(answer.body.length).toBe(body.length)
    await client.end()
    expect(client.goaways[0]).toEqual({ lastStreamId: noticeId, errorCode: 0 })
    client.socket.end()
    await settled
    expect(stage.protocol.loss).toEqual({ connections: 0, requests: 0 })
  })
})

describe('a drain that is called off', () => {
  it('ends the sessions that were told, and leaves new ones alone', async () => {
    const stage = await http2Stage()
    const told = await stage.connect()
    const slow = told.request('/slow')
    const response = await stage.arrived('/slow')
    stage.protocol.shed()
    await told.until(() => told.goaways.length === 1)
    stage.protocol.keep()
    const fresh = await stage.connect()
    expect(await fresh.over(fresh.request('/fresh'))).toMatchObject({ status: 200 })
    await told.until(() => told.goaways.length === 2)
    response.end('done')
    expect(await told.over(slow)).toMatchObject({ status: 200, body: 'done' })
    expect(await told.end()).toBe('FIN')
    await fresh.ping()
    expect(fresh.goaways).toEqual([])
    expect(await fresh.over(fresh.request('/again'))).toMatchObject({ status: 200 })
  })
})

function fillPings(session: { destroyed: boolean; ping: (callback: () => void) => boolean }): void {
  while (!session.destroyed && session.ping(() => undefined)) continue
}
