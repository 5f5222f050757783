import type { ServerHttp2Stream } from 'node:http2'
import { describe, expect, it } from 'vitest'
import { endOnDrain } from '../../../src/drain-server/protocol/end-on-drain.ts'
import { requestSignal } from '../../../src/drain-server/protocol/request-signal.ts'
import { beginSettling, http2Stage } from './http2-stage.ts'

const eventStream = { 'content-type': 'text/event-stream' }

describe('long-lived streams', () => {
  it('of events end with END_STREAM, and what is written afterwards is dropped', async () => {
    const stage = await http2Stage()
    const client = await stage.connect()
    const events = client.request('/slow')
    const response = await stage.arrived('/slow')
    response.writeHead(200, eventStream)
    response.write('data: one\n\n')
    await client.until(() => client.response(events).body !== '')
    const { settled } = await beginSettling(stage)
    expect(await client.over(events)).toEqual({
      status: 200,
      body: 'data: one\n\n',
      complete: true,
      resetCode: undefined,
    })
    expect(() => response.write('data: two\n\n')).not.toThrow()
    response.end()
    await client.end()
    client.socket.end()
    await settled
    expect(stage.traffic.outcomes).toMatchObject({ '2xx': 1, aborted: 0 })
  })

  it('are written to after their end without a byte or an error, as long as the peer has not read it', async () => {
    const stage = await http2Stage()
    const client = await stage.connect({ giveCredit: false })
    const events = client.request('/slow', { endStream: false })
    const response = await stage.arrived('/slow')
    response.writeHead(200, eventStream)
    endOnDrain(response)
    response.write('x'.repeat(200_000))
    await client.until(() => client.response(events).body.length === 65_535)
    void (await beginSettling(stage))
    await new Promise<void>((resolve) => {
      const look = (): void => void (response.stream.writableEnded ? resolve() : setTimeout(look, 5))
      look()
    })
    await new Promise((resolve) => response.stream.write('dropped', resolve))
    expect(response.write('dropped')).toBe(true)
    await new Promise<void>((resolve) => void response.stream.end('dropped', resolve))
    response.end()
    expect(response.stream.writableLength).toBeLessThanOrEqual(200_000)
  })

  it('of another kind go on, unless the application says otherwise', async () => {
    const stage = await http2Stage()
    const client = await stage.connect()
    const [plain, marked, kept, posted] = [
      client.request('/slow1'),
      client.request('/slow2'),
      client.request('/slow3'),
      client.request('/slow4', { method: 'POST' }),
    ] as const
    const responses = await Promise.all(['/slow1', '/slow2', '/slow3', '/slow4'].map((path) => stage.arrived(path)))
    for (const [index, response] of responses.entries()) {
      response.writeHead(200, index < 2 ? {} : eventStream)
      response.write('.')
    }
    endOnDrain(responses[1]!)
    endOnDrain(responses[2]!, false)
    const { settled } = await beginSettling(stage)
    expect(await client.over(marked)).toMatchObject({ body: '.', complete: true })
    for (const id of [plain, kept, posted]) expect(client.response(id).complete).toBe(false)
    for (const response of responses) response.end('!')
    for (const id of [plain, kept, posted]) expect(await client.over(id)).toMatchObject({ body: '.!', complete: true })
    await client.end()
    client.socket.end()
    await settled
  })

  it('of a raw stream handler are known, too', async () => {
    const streams: ServerHttp2Stream[] = []
    const stage = await http2Stage({
      handler: () => undefined,
      prepare: (server) =>
        server.on('stream', (stream) => {
          streams.push(stream)
          stream.respond({ ':status': 200, ...eventStream })
        }),
    })
    const client = await stage.connect()
    const events = client.request('/events')
    await client.until(() => client.response(events).status === 200)
    expect(requestSignal(streams[0]!).aborted).toBe(false)
    const { settled } = await beginSettling(stage)
    expect(await client.over(events)).toMatchObject({ complete: true })
    await client.end()
    client.socket.end()
    await settled
  })

  it('whose end comes from an observer are ended by it, and its probes are counted nowhere', async () => {
    const ended: string[] = []
    const stage = await http2Stage({
      onStream(stream, headers) {
        const path = String(headers[':path'])
        if (path === '/plain') return undefined
        return {
          probe: path === '/slow/watch',
          endOnDrain() {
            ended.push(path)
            stream.close()
          },
        }
      },
    })
    const client = await stage.connect()
    client.request('/slow/watch')
    client.request('/slow/tail')
    await client.over(client.request('/plain'))
    await Promise.all([stage.arrived('/slow/watch'), stage.arrived('/slow/tail')])
    expect(stage.traffic.inFlight).toBe(1)
    const { settled } = await beginSettling(stage)
    await client.end()
    client.socket.end()
    await settled
    expect(ended).toEqual(['/slow/watch', '/slow/tail'])
  })

  it('that end by themselves are not ended again', async () => {
    const stage = await http2Stage()
    const client = await stage.connect()
    const ids = [client.request('/slow1'), client.request('/slow2')]
    const responses = await Promise.all(['/slow1', '/slow2'].map((path) => stage.arrived(path)))
    for (const response of responses) response.writeHead(200, eventStream).write('.')
    const { settled } = await beginSettling(stage)
    responses[1]!.end('!')
    expect((await client.over(ids[1]!)).body).toBe('.!')
    await client.end()
    client.socket.end()
    await settled
  })

  it('whose client is unknown have no signal', () => {
    expect(() => requestSignal({ stream: {} } as never)).toThrow(
      expect.objectContaining({ code: 'ERR_DRAIN_UNKNOWN_REQUEST' }) as Error,
    )
  })

  it('survive a checkContinue listener', async () => {
    const stage = await http2Stage({
      prepare: (server) =>
        server.on('checkContinue', (request, response) => {
          response.writeContinue()
          server.emit('request', request, response)
        }),
    })
    const client = await stage.connect()
    const id = client.request('/upload', { method: 'POST', endStream: false, headers: { expect: '100-continue' } })
    await client.until(() => client.response(id).status !== undefined)
    client.data(id, 'x', true)
    expect(await client.over(id)).toMatchObject({ body: '/upload', complete: true })
    const { settled } = await beginSettling(stage)
    await client.end()
    client.socket.end()
    await settled
    expect(stage.traffic.outcomes['2xx']).toBe(1)
  })
})
