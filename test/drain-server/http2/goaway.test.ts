import { describe, expect, it } from 'vitest'
import { answerOf, http2Stage } from './http2-stage.ts'
import { frameType } from './raw-http2-client.ts'

const noticeId = 2 ** 31 - 1

describe('two-phase GOAWAY in clear text', () => {
  it('serves streams that come after the notice, and refuses those that come after the final GOAWAY', async () => {
    const { protocol, connect, arrived } = await http2Stage()
    const client = await connect({ answerPings: false })
    const slow = client.request('/slow')
    const slowResponse = await arrived('/slow')
    protocol.shed()
    await client.until(() => client.goaways.length === 1)
    expect(client.goaways).toEqual([{ lastStreamId: noticeId, errorCode: 0 }])
    expect(await client.over(client.request('/after-notice'))).toMatchObject({ status: 200, body: '/after-notice' })
    await protocol.closeListener()
    const settled = protocol.settle(performance.now() + 60_000)
    await client.until(() => client.frames.some(({ type, flags }) => type === frameType.ping && flags === 0))
    const last = client.request('/before-ping-answer')
    expect(await client.over(last)).toMatchObject({ status: 200, body: '/before-ping-answer' })
    const ping = client.frames.find(({ type, flags }) => type === frameType.ping && flags === 0)
    client.send(frameType.ping, 1, 0, ping?.payload)
    await client.until(() => client.goaways.length === 2)
    expect(client.goaways[1]).toEqual({ lastStreamId: last, errorCode: 0 })
    const refused = client.request('/too-late')
    slowResponse.end('done')
    expect(await client.over(slow)).toMatchObject({ status: 200, body: 'done', complete: true })
    expect(await client.end()).toBe('FIN')
    expect(client.response(refused).status).toBeUndefined()
    client.socket.end()
    await settled
    expect(protocol.loss).toEqual({ connections: 0, requests: 0 })
  })

  it('tells node clients to leave, and answers what they have asked', async () => {
    const { protocol, connectNode, arrived } = await http2Stage()
    const session = await connectNode()
    const slow = answerOf(session.request({ ':path': '/slow' }))
    const response = await arrived('/slow')
    protocol.shed()
    await protocol.closeListener()
    const settled = protocol.settle(performance.now() + 60_000)
    await new Promise((resolve) => session.once('goaway', resolve))
    response.end('done')
    expect(await slow).toBe('200 done')
    await settled
  })
})
