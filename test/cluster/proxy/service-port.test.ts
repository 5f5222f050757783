import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { buffer, text } from 'node:stream/consumers'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ServicePort } from '../../../src/cluster/proxy/service-port.ts'
import type { Endpoint, EndpointUse, Service } from '../../../src/cluster/proxy/service-table.ts'
import { systemClock } from '../../../src/kube/index.ts'

/** A server of this process in the place of a pod. */
async function pod(onConnection: (socket: Socket) => void): Promise<{ endpoint: Endpoint; server: Server }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    onConnection(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as { port: number }
  return { server, endpoint: { address: '127.0.0.1', port, use: 'ready', node: 'node-1', pod: 'pod' } }
}

const greeter = (name: string) => pod((socket) => socket.end(name))

async function proxied(endpoints: Endpoint[], spec: Service['spec'] = {}, random = Math.random) {
  const errors: unknown[] = []
  const service = new ServicePort(
    {
      host: '127.0.0.1',
      node: 'node-1',
      clock: systemClock,
      random,
      dialer: { connect: (host, port) => connect({ host, port, allowHalfOpen: true }) },
      endpoints: () => endpoints,
      onError: (error) => errors.push(error),
    },
    { metadata: { name: 'web' }, spec },
  )
  onTestFinished(() => service.stop())
  await service.ready
  const dial = (): Socket => connect({ ...(service.address ?? { port: 0 }), allowHalfOpen: true })
  /** What the pod says to a client that says nothing; or the code with which the connection failed. */
  const ask = () => text(dial().end()).catch((error: NodeJS.ErrnoException) => error.code)
  return { service, endpoints, dial, ask, errors }
}

const as = (endpoint: Endpoint, use: EndpointUse, node = 'node-1'): Endpoint => ({ ...endpoint, use, node })

describe('a port of a Service', () => {
  test('gives each connection to a random endpoint', async () => {
    const [one, other] = await Promise.all([greeter('one'), greeter('other')])
    let draw = 0
    const { ask } = await proxied([one.endpoint, other.endpoint], {}, () => [0.2, 0.7, 0.7, 0.2][draw++] ?? 0)
    expect([await ask(), await ask(), await ask(), await ask()]).toEqual(['one', 'other', 'other', 'one'])
  })

  test('refuses while there is no endpoint, and listens at the same port again', async () => {
    const { endpoint } = await greeter('hello')
    const { service, endpoints, ask } = await proxied([])
    const address = service.address
    expect(await ask()).toBe('ECONNREFUSED')
    endpoints.push(endpoint)
    service.refresh()
    endpoints.pop()
    service.refresh()
    endpoints.push(endpoint)
    service.refresh()
    expect(await ask()).toBe('hello')
    expect(service.address).toEqual(address)
    endpoints.pop()
    service.refresh()
    expect(await ask()).toBe('ECONNREFUSED')
  })

  test('never cuts a connection when endpoints change', async () => {
    const { endpoint } = await pod((socket) => socket.pipe(socket))
    const { service, endpoints, dial } = await proxied([endpoint])
    const client = dial()
    client.write('one ')
    expect(String((await once(client, 'data'))[0])).toBe('one ')
    endpoints.pop()
    service.refresh()
    client.end('two')
    expect(await text(client)).toBe('two')
  })

  test('resets a client whose pod refuses', async () => {
    const { endpoint, server } = await greeter('hello')
    server.close()
    await once(server, 'close')
    const { ask } = await proxied([endpoint])
    expect(await ask()).toBe('ECONNRESET')
  })

  test('passes resets on, both ways', async () => {
    const heard = Promise.withResolvers<string | undefined>()
    const { endpoint } = await pod((socket) => {
      socket.on('error', (error: NodeJS.ErrnoException) => heard.resolve(error.code))
      socket.once('data', (data) => {
        if (String(data) === 'reset me') socket.resetAndDestroy()
        else socket.write('ready')
      })
    })
    const { dial } = await proxied([endpoint])
    const reset = dial()
    reset.write('reset me')
    const [error] = (await once(reset, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNRESET')
    const resetting = dial()
    resetting.write('hello')
    await once(resetting, 'data')
    resetting.resetAndDestroy()
    expect(await heard.promise).toBe('ECONNRESET')
  })

  test('passes half-closes on: an answer after the end of a request arrives', async () => {
    const { endpoint } = await pod((socket) => {
      let asked = ''
      socket.on('data', (data) => (asked += String(data)))
      socket.on('end', () => socket.end(`you said ${asked}`))
    })
    const { dial } = await proxied([endpoint])
    expect(await text(dial().end('hello'))).toBe('you said hello')
  })

  test('carries many bytes unchanged, and stops a pod whose client does not read', async () => {
    const chunk = Buffer.alloc(64 * 1024, 'x')
    let sent = 0
    const stalled = Promise.withResolvers<void>()
    const total = 64 * 1024 * 1024
    const { endpoint } = await pod((socket) => {
      const send = (): void => {
        while (sent < total) {
          sent += chunk.length
          if (!socket.write(chunk)) {
            const timer = setTimeout(() => stalled.resolve(), 300)
            socket.once('drain', () => {
              clearTimeout(timer)
              send()
            })
            return
          }
        }
        socket.end()
      }
      send()
    })
    const { dial } = await proxied([endpoint])
    const client = dial()
    await stalled.promise
    expect(sent).toBeLessThan(total / 2)
    const received = await buffer(client)
    expect(received.length).toBe(total)
    client.destroy()
  })

  test('prefers ready endpoints, and falls back to those that end', async () => {
    const [one, other] = await Promise.all([greeter('ending'), greeter('ready')])
    const endpoints = [as(one.endpoint, 'terminating'), as(other.endpoint, 'ready')]
    const { service, ask } = await proxied(endpoints)
    expect([await ask(), await ask(), await ask()]).toEqual(['ready', 'ready', 'ready'])
    endpoints.pop()
    service.refresh()
    expect(await ask()).toBe('ending')
  })

  test('stays with a client where the Service says so, for as long as its endpoint is there', async () => {
    const pods = await Promise.all(['a', 'b', 'c', 'd'].map(greeter))
    const endpoints = pods.map(({ endpoint }) => endpoint)
    const { service, ask } = await proxied(endpoints, { sessionAffinity: 'ClientIP' })
    const first = await ask()
    expect(await Promise.all(Array.from({ length: 12 }, ask))).toEqual(Array(12).fill(first))
    endpoints.splice('abcd'.indexOf(first ?? ''), 1)
    service.refresh()
    const second = await ask()
    expect(second).not.toBe(first)
    expect(await ask()).toBe(second)
  })

  test('uses only endpoints of its node where the Service says so', async () => {
    const [here, there] = await Promise.all([greeter('here'), greeter('there')])
    const endpoints = [as(here.endpoint, 'ready'), as(there.endpoint, 'ready', 'node-2')]
    const { ask } = await proxied(endpoints, { internalTrafficPolicy: 'Local' })
    expect(await Promise.all(Array.from({ length: 8 }, ask))).toEqual(Array(8).fill('here'))
  })

  test('stops listening and resets what is open when it ends', async () => {
    const { endpoint } = await pod(() => {})
    const { service, dial, ask } = await proxied([endpoint])
    const client = dial()
    await once(client, 'connect')
    const failed = once(client, 'error')
    client.write('hello')
    service.stop()
    expect(((await failed) as [NodeJS.ErrnoException])[0].code).toMatch(/ECONNRESET|EPIPE/)
    expect(await ask()).toBe('ECONNREFUSED')
  })
})
