import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import type { NetworkMode } from '../../../src/cluster/network/index.ts'
import { type Machine, machine, written } from '../pods.ts'

const modes: NetworkMode[] = process.platform === 'linux' ? ['loopback', 'mapped'] : ['mapped']
const options = { headers: {}, timeoutMs: 5000 }

/** What a program says that answers on `port` with the text that it was given. */
async function answer({ network }: Machine, podIp: string, port: number): Promise<string> {
  const socket = network.connect(podIp, port)
  socket.end('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
  return (await text(socket)).split('\r\n\r\n').at(-1) ?? ''
}

const serving = (listen: string): string =>
  `require('http').createServer((q, r) => r.end(process.env.HOSTNAME)).${listen}.on('listening', function () {
    console.log('address ' + JSON.stringify(this.address()))
  })`

describe.each(modes)('pods on a %s network', (mode) => {
  test.each([
    ['a port', 'listen(8080)'],
    ['a port and a callback', 'listen(8080, () => {})'],
    ['a port as text, and a backlog', 'listen("8080", 10)'],
    ['any IPv4 address', 'listen(8080, "0.0.0.0")'],
    ['any IPv6 address', 'listen(8080, "::", () => {})'],
    ['options', 'listen({ port: 8080 })'],
    ['options with any address', 'listen({ host: "0.0.0.0", port: 8080, backlog: 5 }, () => {})'],
  ])('two pods listen on the same port when they ask for %s', async (_, listen) => {
    const pods = await machine(mode)
    const first = await pods.run(serving(listen), { podName: 'first' })
    const second = await pods.run(serving(listen), { podName: 'second' })
    await Promise.all([written(first, 'address'), written(second, 'address')])
    expect(await answer(pods, first.podIp, 8080)).toBe('first')
    expect(await answer(pods, second.podIp, 8080)).toBe('second')
    expect(first.logs()).toContain(`"port":8080`)
    expect(first.logs()).toContain(`"address":"${first.podIp}"`)
  })

  test('a stated address, a unix socket and a port of any number stay what they are', async () => {
    const pods = await machine(mode)
    const pod = await pods.run(
      `const net = require('net')
       const told = (name) => function () { console.log(name, JSON.stringify(this.address())) }
       net.createServer().listen(0, '127.0.0.1', told('stated'))
       net.createServer().listen(process.env.HOME + '/socket', told('unix'))
       net.createServer().listen({ path: process.env.HOME + '/other' }, told('path'))
       net.createServer((s) => s.end('any')).listen(told('any'))`,
    )
    await Promise.all(['stated', 'unix', 'path', 'any'].map((name) => written(pod, name)))
    expect(pod.logs()).toMatch(/stated \{"address":"127\.0\.0\.1"/)
    expect(pod.logs()).toMatch(/unix ".*\/socket"/)
    expect(pod.logs()).toMatch(/path ".*\/other"/)
    const port = Number(/any .*"port":(\d+)/.exec(pod.logs())?.[1])
    expect(await text(pods.network.connect(pod.podIp, port).end())).toBe('any')
  })

  test.each([
    ['http2', `require('http2').createServer().on('stream', (s) => s.end()).listen(8080, () => console.log('up'))`],
    [
      'workers of a cluster',
      `const cluster = require('cluster')
       require('fs').writeFileSync('worker.js', "require('http').createServer((q, r) => r.end()).listen(8080)")
       cluster.setupPrimary({ exec: 'worker.js', execArgv: [] })
       let up = 0
       cluster.on('listening', () => { if (++up === 2) console.log('up') })
       cluster.fork()
       cluster.fork()`,
    ],
    [
      'a worker thread',
      `new (require('worker_threads').Worker)(
         "require('http').createServer((q, r) => r.end()).listen(8080, () => console.log('up'))", { eval: true })`,
    ],
  ])('%s listen on the pod, too', async (_, program) => {
    const { network, run } = await machine(mode)
    const pod = await run(program)
    await written(pod, 'up')
    expect(await network.tcpConnect(pod.podIp, 8080, options)).toEqual({})
  })

  test('nobody answers where nothing listens, and no more when it has stopped', async () => {
    const pods = await machine(mode)
    const pod = await pods.run(`const server = ${serving('listen(8080)')}
      process.on('SIGTERM', () => server.close(() => { console.log('closed'); setInterval(() => {}, 1e6) }))`)
    await written(pod, 'address')
    expect(await pods.network.tcpConnect(pod.podIp, 8080, options)).toEqual({})
    expect(await pods.network.tcpConnect(pod.podIp, 8081, options)).toEqual({ failed: 'ECONNREFUSED' })
    pod.signal('SIGTERM')
    await written(pod, 'closed')
    expect(await pods.network.tcpConnect(pod.podIp, 8080, options)).toEqual({ failed: 'ECONNREFUSED' })
  })
})

describe('what kubelets ask', () => {
  async function asked(respond: string) {
    const { network, run } = await machine()
    const pod = await run(
      `require('http').createServer((q, r) => { ${respond} }).listen(8080, () => console.log('up'))`,
    )
    await written(pod, 'up')
    return { network, podIp: pod.podIp, pod }
  }

  test('the status of an answer counts, and a redirect is not followed', async () => {
    const { network, podIp } = await asked(`r.writeHead(Number(q.url.slice(1)), { location: '/500' }); r.end()`)
    expect(await network.httpGet(podIp, 8080, '/204', options)).toEqual({ status: 204 })
    expect(await network.httpGet(podIp, 8080, '503', options)).toEqual({ status: 503 })
    expect(await network.httpGet(podIp, 8080, '/302', options)).toEqual({ status: 302 })
  })

  test('headers are sent as stated, on a connection of its own', async () => {
    const { network, podIp, pod } = await asked(`console.log(JSON.stringify(q.headers)); r.end()`)
    await network.httpGet(podIp, 8080, '/', { ...options, headers: { 'User-Agent': 'kube-probe/1.36', Host: 'me' } })
    await written(pod, 'kube-probe')
    const headers = JSON.parse(pod.logs().split('\n')[1] ?? '')
    expect(headers).toEqual({ 'user-agent': 'kube-probe/1.36', host: 'me', connection: 'close' })
  })

  test('an endless body is not waited for', async () => {
    const { network, podIp } = await asked(
      `const go = () => { while (r.write('x'.repeat(1000))); r.once('drain', go) }; go()`,
    )
    expect(await network.httpGet(podIp, 8080, '/', options)).toEqual({ status: 200 })
  })

  test('silence is a timeout, an abort ends it, a refusal says so', async () => {
    const { network, podIp } = await asked('')
    const timed = network.httpGet(podIp, 8080, '/', { ...options, timeoutMs: 20 })
    expect(await timed).toEqual({ failed: 'TIMEOUT' })
    const signal = AbortSignal.timeout(20)
    expect(await network.httpGet(podIp, 8080, '/', { ...options, signal })).toEqual({ failed: 'ABORTED' })
    expect(await network.httpGet(podIp, 8080, '/', { ...options, signal })).toEqual({ failed: 'ABORTED' })
    expect(await network.httpGet(podIp, 8089, '/', options)).toEqual({ failed: 'ECONNREFUSED' })
  })

  test('a gRPC health service is asked for its service', async () => {
    const { network, run } = await machine()
    const pod = await run(`require('http2').createServer().on('stream', (stream, headers) => {
        let body = Buffer.alloc(0)
        stream.on('data', (chunk) => (body = Buffer.concat([body, chunk]))).on('end', () => {
          const service = body.length > 5 ? body.subarray(7).toString() : ''
          const known = { '': 1, down: 2 }[service]
          stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
          stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': known === undefined ? '5' : '0' }))
          stream.end(known === undefined ? undefined : Buffer.from([0, 0, 0, 0, 2, 8, known]))
        })
      }).listen(8080, () => console.log('up'))`)
    await written(pod, 'up')
    expect(await network.grpcHealth(pod.podIp, 8080, '', options)).toEqual({ serving: 1 })
    expect(await network.grpcHealth(pod.podIp, 8080, 'down', options)).toEqual({ serving: 2 })
    expect(await network.grpcHealth(pod.podIp, 8080, 'other', options)).toEqual({ failed: 'GRPC_STATUS_5' })
    expect(await network.grpcHealth(pod.podIp, 8081, '', options)).toEqual({ failed: 'ECONNREFUSED' })
  })
})

test('two networks on one machine share no address', async () => {
  const [one, other] = [await machine(), await machine()]
  if (process.platform !== 'linux') return
  expect(one.network.allocate('node-1')).not.toBe(other.network.allocate('node-1'))
})

test('a server of this process can be asked at a node address', async () => {
  const { network } = await machine()
  const server = createServer((_, response) => response.end('here'))
  await new Promise<void>((resolve) => server.listen({ host: network.nodeAddress('node-1'), port: 0 }, resolve))
  const { port } = server.address() as { port: number }
  expect(await network.httpGet(network.nodeAddress('node-1'), port, '/', options)).toEqual({ status: 200 })
  server.close()
})
