import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { createServer as createNetServer } from 'node:net'
import { Client, credentials, Server, ServerCredentials } from '@grpc/grpc-js'
import type { sendUnaryData, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js'
import { describe, expect, onTestFinished, test } from 'vitest'
import { observeListen } from '../../../src/drain-server/adapters/listening.ts'
import { drain } from '../../../src/drain-server/index.ts'
import type { Drainer } from '../../../src/drain-server/index.ts'
import { bind, download, grpcStage, kinds, quiet, unary } from './grpc-stage.ts'

const echo = {
  Unary: (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => answer(null, call.request),
}

describe('a grpc-js server', () => {
  test('drains all the addresses that it is bound to', async () => {
    const { server, drainer, port, client } = await grpcStage({ handlers: echo as never })
    const second = await bind(server, '127.0.0.1:0')
    expect(second).not.toBe(port)
    expect(await unary(client())).toMatchObject({ code: 'OK' })
    drainer.start()
    expect(await drainer.drained).toMatchObject({ verdict: 'clean' })
    for (const closed of [port, second]) {
      const probe = createServer().listen(closed, '127.0.0.1')
      await once(probe, 'listening')
      probe.close()
    }
  })

  test('that cannot be bound says so, and drains all the same', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const server = new Server()
    const drainer = drain(server, quiet({}))
    onTestFinished(() => void taken.close())
    await expect(bind(server, `127.0.0.1:${port}`)).rejects.toThrow('EADDRINUSE')
    await expect(bind(server, '127.0.0.1:0')).resolves.toBeGreaterThan(0)
    drainer.start()
    expect(await drainer.drained).toMatchObject({ verdict: 'clean' })
  })

  test('is drained once, and again when it was let go', async () => {
    const server = new Server()
    const bindAsync: unknown = Reflect.get(server, 'bindAsync')
    const first = drain(server, quiet({}))
    expect(() => drain(server, quiet({}))).toThrow(expect.objectContaining({ code: 'ERR_DRAIN_ADOPTED' }))
    await first.release()
    expect(Reflect.get(server, 'bindAsync')).toBe(bindAsync)
    const second = drain(server, quiet({}))
    await bind(server, '127.0.0.1:0')
    second.start()
    expect(await second.drained).toMatchObject({ verdict: 'clean' })
  })

  test('leaves a port to the drain that has it already', async () => {
    const others: Drainer[] = []
    onTestFinished(observeListen((listening) => others.push(drain(listening, quiet({})))))
    const { drainer } = await grpcStage()
    expect(others.length).toBe(1)
    drainer.start()
    expect(await drainer.drained).toMatchObject({ listenerClosedMs: expect.any(Number) })
    await others[0]?.release()
  })

  test('refuses what it would refuse without drain()', () => {
    const server = new Server()
    const drainer = drain(server, quiet({}))
    onTestFinished(() => drainer.release())
    expect(() => server.bindAsync('127.0.0.1:0', undefined as never, undefined as never)).toThrow(TypeError)
    server.addService(kinds, echo)
    expect(() => server.addService(kinds, echo)).toThrow('already provided')
  })

  test("is not taken for what its application lets listen in bindAsync's callback", async () => {
    const seen: unknown[] = []
    const { drainer, server } = await grpcStage()
    const other = createServer((_request, response) => response.end('still here'))
    onTestFinished(() => void other.close())
    onTestFinished(observeListen((listening) => seen.push(listening)))
    await bind(server, '127.0.0.1:0')
    await new Promise<void>((resolve) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), () => {
        other.listen(0, '127.0.0.1', resolve)
      })
    })
    expect(seen.at(-1)).toBe(other)
    drainer.start()
    await drainer.drained
    const { port } = other.address() as AddressInfo
    const response = await fetch(`http://127.0.0.1:${port}/`)
    expect(await response.text()).toBe('still here')
  })

  test('is forced to its end: a connection that was injected into it, a shutdown that does not come', async () => {
    const { server, drainer } = await grpcStage({
      graceSeconds: 2,
      handlers: {
        Download: ((call: ServerWritableStream<Buffer, Buffer>) => call.write(Buffer.from('some'))) as never,
      },
      prepare: (server) => (server.tryShutdown = () => undefined),
    })
    const injector = server.createConnectionInjector(ServerCredentials.createInsecure())
    const front = createNetServer((socket) => injector.injectConnection(socket)).listen(0, '127.0.0.1')
    onTestFinished(() => void front.close())
    await once(front, 'listening')
    const { port } = front.address() as AddressInfo
    const caller = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
    onTestFinished(() => caller.close())
    const stream = download(caller)
    await stream.count(1)
    drainer.start()
    expect((await stream.ended).code).not.toBe('OK')
    const { hooks } = await drainer.drained
    expect(hooks).toEqual([expect.objectContaining({ name: 'grpc-js', outcome: 'ok' })])
  })

  test('itself is at its end with the drain', async () => {
    const { server, drainer } = await grpcStage({ server: { 'grpc.enable_channelz': 0 } })
    drainer.start()
    await drainer.drained
    await expect(bind(server, '127.0.0.1:0')).rejects.toThrow('after shutdown')
  })
})
