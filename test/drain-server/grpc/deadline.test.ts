import { once } from 'node:events'
import { connect } from 'node:net'
import type { sendUnaryData, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js'
import { describe, expect, test } from 'vitest'
import { requestSignal } from '../../../src/drain-server/index.ts'
import { download, grpcStage, unary, upload } from './grpc-stage.ts'

const bytes = (text: string): Buffer => Buffer.from(text)

describe.each([1, 0])('at the deadline, channelz %i', (channelz) => {
  const options = { server: { 'grpc.enable_channelz': channelz }, graceSeconds: 2 }

  test('what has not ended gets UNAVAILABLE in trailers, and handlers that go on are harmless', async () => {
    const begun = Promise.withResolvers<void>()
    const cancelled: string[] = []
    const { client, drainer } = await grpcStage({
      ...options,
      handlers: {
        Unary: ((call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => {
          call.on('cancelled', () => {
            cancelled.push('unary')
            answer(null, bytes('too late'))
          })
        }) as never,
        Upload: (() => undefined) as never,
        Download: ((call: ServerWritableStream<Buffer, Buffer>) => {
          const timer = setInterval(() => call.write(bytes('more')), 1)
          call.on('cancelled', () => {
            cancelled.push('download')
            clearInterval(timer)
          })
          begun.resolve()
        }) as never,
      },
    })
    const caller = client()
    const one = unary(caller)
    const up = upload(caller)
    up.call.write(bytes('never ended'))
    const down = download(caller)
    await begun.promise
    await down.count(1)
    drainer.start()
    const unavailable = { code: 'UNAVAILABLE', details: expect.stringContaining('drain deadline') }
    expect(await one).toMatchObject(unavailable)
    expect(await up.ended).toMatchObject(unavailable)
    expect(await down.ended).toMatchObject(unavailable)
    const report = await drainer.drained
    expect(report).toMatchObject({ verdict: 'forced', forced: { requests: 3 }, inFlight: { atDeadline: 3 } })
    expect(cancelled.toSorted()).toEqual(['download', 'unary'])
  })

  test.each([0, 150])(
    'a handler whose signal is aborted answers in its own words, in a process held up for %i ms',
    async (heldUpMs) => {
      const { client, drainer } = await grpcStage({
        ...options,
        handlers: {
          Unary: ((call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => {
            const signal = requestSignal(call)
            const lastWords = (): void => answer(null, bytes((signal.reason as { code: string }).code))
            signal.addEventListener('abort', () => {
              setTimeout(lastWords, 20)
              const untilMs = performance.now() + heldUpMs
              while (performance.now() < untilMs);
            })
            drainer.start()
          }) as never,
        },
      })
      expect(await unary(client())).toMatchObject({ code: 'OK', messages: ['ERR_DRAIN_DEADLINE'] })
      expect(await drainer.drained).toMatchObject({ forced: { connections: 0, requests: 0 } })
    },
  )

  test('a call whose end finds no way to its client, which reads no more, is lost once', async () => {
    const full = Promise.withResolvers<void>()
    const { client, drainer } = await grpcStage({
      ...options,
      handlers: {
        Download: ((call: ServerWritableStream<Buffer, Buffer>) => {
          for (let message = 0; message < 100; message += 1) call.write(Buffer.alloc(65_536))
          full.resolve()
        }) as never,
      },
    })
    const down = download(client())
    down.call.pause()
    await full.promise
    drainer.start()
    expect(await drainer.drained).toMatchObject({ verdict: 'forced', forced: { connections: 1, requests: 1 } })
  })

  test('sessions and sockets are really closed: of a client that holds on, and of one that never spoke', async () => {
    const { client, drainer, port } = await grpcStage({
      ...options,
      handlers: { Download: ((call: ServerWritableStream<Buffer, Buffer>) => call.write(bytes('first'))) as never },
    })
    const silent = connect(port, '127.0.0.1')
    silent.resume()
    await once(silent, 'connect')
    const gone = once(silent, 'close')
    const down = download(client())
    await down.count(1)
    drainer.start()
    await gone
    expect((await down.ended).code).toBe('UNAVAILABLE')
    expect(await drainer.drained).toMatchObject({ verdict: 'forced', forced: { requests: 1 } })
  })
})
