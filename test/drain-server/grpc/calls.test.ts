import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { status } from '@grpc/grpc-js'
import type {
  sendUnaryData,
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
} from '@grpc/grpc-js'
import { describe, expect, test } from 'vitest'
import { endOnDrain, requestSignal } from '../../../src/drain-server/index.ts'
import { chat, download, grpcStage, unary, upload } from './grpc-stage.ts'
import type { GrpcStageOptions } from './grpc-stage.ts'

type Bytes = Buffer
const bytes = (text: string): Buffer => Buffer.from(text)

const folder = mkdtempSync(join(tmpdir(), 'drain-grpc-'))
process.once('exit', () => rmSync(folder, { recursive: true }))

/** Handlers of all four kinds that wait for a word before they end. */
function patientHandlers() {
  const go = Promise.withResolvers<void>()
  let started = 0
  const all = Promise.withResolvers<void>()
  const start = (): void => {
    started += 1
    if (started === 4) all.resolve()
  }
  const handlers = {
    async Unary(call: ServerUnaryCall<Bytes, Bytes>, answer: sendUnaryData<Bytes>) {
      start()
      await go.promise
      answer(null, call.request)
    },
    Upload(call: ServerReadableStream<Bytes, Bytes>, answer: sendUnaryData<Bytes>) {
      const received: string[] = []
      call.on('data', (message: Buffer) => {
        if (received.push(message.toString()) === 1) start()
      })
      call.on('end', () => answer(null, bytes(received.join(' '))))
    },
    async Download(call: ServerWritableStream<Bytes, Bytes>) {
      call.write(bytes('first'))
      start()
      await go.promise
      call.write(bytes('second'))
      call.end()
    },
    Chat(call: ServerDuplexStream<Bytes, Bytes>) {
      call.on('data', (message: Buffer) => {
        call.write(message)
        if (message.toString() === 'one') start()
      })
      call.on('end', () => call.end())
    },
  }
  return {
    handlers: handlers as unknown as NonNullable<GrpcStageOptions['handlers']>,
    go: go.resolve,
    allStarted: all.promise,
  }
}

describe.each<[string, GrpcStageOptions]>([
  ['with channelz', {}],
  ['without channelz', { server: { 'grpc.enable_channelz': 0 } }],
  ['over TLS', { tls: true }],
  ['over a unix socket', { address: `unix:${join(folder, 'socket')}` }],
  ['on every address of localhost', { address: 'localhost:0' }],
])('calls in flight, %s', (_, options) => {
  test('of all four kinds are served to their end, then the process is through', async () => {
    const { handlers, go, allStarted } = patientHandlers()
    const { client, drainer } = await grpcStage({ ...options, handlers })
    const caller = client()
    const one = unary(caller)
    const up = upload(caller)
    up.call.write(bytes('a'))
    const down = download(caller)
    const both = chat(caller)
    both.call.write(bytes('one'))
    await allStarted
    await both.received.count(1)

    drainer.start()
    await new Promise((resolve) => setTimeout(resolve, 50))
    up.call.write(bytes('b'))
    up.call.end()
    both.call.write(bytes('two'))
    both.call.end()
    go()
    expect(await one).toMatchObject({ code: 'OK', messages: ['ping'] })
    expect(await up.ended).toMatchObject({ code: 'OK', messages: ['a b'] })
    expect(await down.ended).toMatchObject({ code: 'OK', messages: ['first', 'second'] })
    expect(await both.received.ended).toMatchObject({ code: 'OK', messages: ['one', 'two'] })

    const report = await drainer.drained
    expect(report).toMatchObject({ verdict: 'clean', forced: { connections: 0, requests: 0 } })
    expect(report.inFlight.atDrainStart).toBe(4)
    expect(drainer.metrics()).toContain('drain_server_requests_total{code="2xx"} 4')
  })
})

test('calls are counted by their gRPC status', async () => {
  const { client, drainer } = await grpcStage({
    handlers: {
      Unary: ((_call: unknown, answer: sendUnaryData<Bytes>) =>
        answer({ code: status.NOT_FOUND, details: 'no such thing' })) as never,
      Download: ((call: ServerWritableStream<Bytes, Bytes>) => {
        call.write(bytes('some'))
        call.emit('error', { code: status.INTERNAL, details: 'broken' })
      }) as never,
    },
  })
  const caller = client()
  expect((await unary(caller)).code).toBe('NOT_FOUND')
  expect((await download(caller).ended).code).toBe('INTERNAL')
  expect(drainer.metrics()).toContain('drain_server_requests_total{code="4xx"} 1')
  expect(drainer.metrics()).toContain('drain_server_requests_total{code="5xx"} 1')
})

describe('a stream without an end', () => {
  const tail = (mark: boolean) => (call: ServerWritableStream<Bytes, Bytes>) => {
    if (mark) endOnDrain(call)
    call.write(bytes('line'))
    call.on('cancelled', () => call.write(bytes('too late')))
  }

  test('is ended with UNAVAILABLE in a drain, where its handler says that it may be', async () => {
    const { client, drainer } = await grpcStage({ graceSeconds: 20, handlers: { Download: tail(true) as never } })
    const streams = [download(client()), download(client())]
    await Promise.all(streams.map((stream) => stream.count(1)))
    drainer.start()
    for (const stream of streams) expect(await stream.ended).toMatchObject({ code: 'UNAVAILABLE', messages: ['line'] })
    const report = await drainer.drained
    expect(report).toMatchObject({ verdict: 'clean', inFlight: { atDeadline: 0 } })
  })

  test('that begins when connections are being closed is ended too', async () => {
    const release = Promise.withResolvers<void>()
    const handled = Promise.withResolvers<void>()
    const { client, drainer } = await grpcStage({
      graceSeconds: 20,
      handlers: {
        Unary: (async (_call: unknown, answer: sendUnaryData<Bytes>) => {
          handled.resolve()
          await release.promise
          answer(null, bytes('done'))
        }) as never,
        Download: tail(true) as never,
      },
    })
    const caller = client()
    const held = unary(caller)
    await handled.promise
    drainer.start()
    const stream = download(caller)
    await stream.ended
    release.resolve()
    expect((await held).code).toBe('OK')
    expect(await drainer.drained).toMatchObject({ verdict: 'clean' })
  })
})

describe('requestSignal(call)', () => {
  test('is aborted when the client leaves, and not when the call was answered', async () => {
    const signals: AbortSignal[] = []
    const begun = Promise.withResolvers<void>()
    const { client } = await grpcStage({
      handlers: {
        Unary: ((call: ServerUnaryCall<Bytes, Bytes>, answer: sendUnaryData<Bytes>) => {
          signals.push(requestSignal(call))
          answer(null, call.request)
        }) as never,
        Download: ((call: ServerWritableStream<Bytes, Bytes>) => {
          signals.push(requestSignal(call))
          begun.resolve()
        }) as never,
      },
    })
    const caller = client()
    await unary(caller)
    const stream = download(caller)
    await begun.promise
    stream.call.cancel()
    await stream.ended
    const [answered, left] = signals as [AbortSignal, AbortSignal]
    if (!left.aborted) await once(left, 'abort')
    expect(left.reason).toMatchObject({ code: 'ERR_DRAIN_CLIENT_GONE' })
    expect(answered.aborted).toBe(false)
  })

  test('is the same for each question, and unknown for what no adopted server received', async () => {
    const same = Promise.withResolvers<boolean>()
    const { client } = await grpcStage({
      handlers: {
        Unary: ((call: ServerUnaryCall<Bytes, Bytes>, answer: sendUnaryData<Bytes>) => {
          same.resolve(requestSignal(call) === requestSignal(call))
          answer(null, call.request)
        }) as never,
      },
    })
    await unary(client())
    expect(await same.promise).toBe(true)
    expect(() => requestSignal({ getPeer: () => '', cancelled: false } as never)).toThrow(
      expect.objectContaining({ code: 'ERR_DRAIN_UNKNOWN_REQUEST' }),
    )
  })
})
