import { once } from 'node:events'
import { constants, createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { records, startLoad } from './loopback.ts'

/** An HTTP/2 server whose streams the test answers, in the order in which they come. */
async function http2Server(answer: (stream: ServerHttp2Stream, index: number) => void): Promise<number> {
  const server = createServer()
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', (session) => sessions.add(session.on('error', () => {})))
  let index = 0
  server.on('stream', (stream) => {
    stream.on('error', () => {})
    answer(stream, index++)
  })
  onTestFinished(async () => {
    for (const session of sessions) session.destroy()
    server.close()
    await once(server, 'close')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const ok = (stream: ServerHttp2Stream) => {
  stream.respond({ ':status': 200, 'x-pod': 'a' })
  stream.end('ok')
}
const one = { protocol: 'http2', maxRequests: 1 } as const

test('a stream that the server refuses unprocessed is asked again, and not lost', async () => {
  const port = await http2Server((stream, index) =>
    index < 2 ? stream.close(constants.NGHTTP2_REFUSED_STREAM) : ok(stream),
  )
  const load = startLoad(port, one)
  await load.finished
  expect(records(load)).toMatchObject([{ status: 200, pod: 'a', attempts: 1, moves: 2 }])
})

test('a stream above the last one of a GOAWAY is asked again on another connection', async () => {
  const port = await http2Server((stream, index) =>
    index === 1 ? stream.session?.goaway(constants.NGHTTP2_NO_ERROR, 1) : ok(stream),
  )
  const load = startLoad(port, { ...one, maxRequests: 2, ratePerSecond: 10 })
  await load.finished
  expect(records(load)).toMatchObject([
    { status: 200, moves: 0, socketId: 1 },
    { status: 200, attempts: 1, moves: 1, socketId: 2 },
  ])
})

test('a stream that a GOAWAY leaves is finished, and the next takes another connection', async () => {
  const port = await http2Server((stream, index) => {
    if (index === 0) stream.session?.goaway(constants.NGHTTP2_NO_ERROR, 2 ** 31 - 1)
    setTimeout(() => ok(stream), 20)
  })
  const load = startLoad(port, { ...one, maxRequests: 2, ratePerSecond: 10 })
  await load.finished
  expect(records(load)).toMatchObject([
    { status: 200, moves: 0, socketId: 1 },
    { status: 200, moves: 0, socketId: 2 },
  ])
})

test.each([
  [
    'an error of the stream',
    (stream: ServerHttp2Stream) => stream.close(constants.NGHTTP2_INTERNAL_ERROR),
    'H2_INTERNAL_ERROR',
  ],
  ['a connection that ends without a word', (stream: ServerHttp2Stream) => stream.session?.destroy(), 'EOF'],
])('%s loses it: it may have been begun', async (_what, answer, errorCode) => {
  const load = startLoad(await http2Server(answer), one)
  await load.finished
  expect(records(load)).toMatchObject([{ errorCode, attempts: 1, moves: 0 }])
})
