import { once } from 'node:events'
import { connect, createServer } from 'node:http2'
import type { ClientHttp2Stream, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { endCall } from '../../../src/drain-server/grpc/end-call.ts'

const head = { ':status': 200, 'content-type': 'application/grpc' }

/** A call as both sides have it; the client has not ended its half. */
async function openCall(): Promise<{ client: ClientHttp2Stream; stream: ServerHttp2Stream }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  onTestFinished(() => {
    session.destroy()
    server.close()
  })
  const arrived = once(server, 'stream')
  const client = session.request({ ':method': 'POST', 'content-type': 'application/grpc' }, { endStream: false })
  const [stream] = (await arrived) as [ServerHttp2Stream]
  return { client, stream }
}

/** What its handler may still do to a call that it does not know to be over. */
async function goOn(stream: ServerHttp2Stream): Promise<void> {
  stream.respond(head, { waitForTrailers: true })
  await new Promise((resolve) => stream.write('more', resolve))
  stream.write('and more')
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': 0 }))
  stream.end()
}

test('a call that was not answered gets a head with the status', async () => {
  const { client, stream } = await openCall()
  const answered = once(client, 'response')
  const closed = once(client, 'close')
  expect(endCall(stream, 14, 'drained: 100 %')).toBe(true)
  await goOn(stream)
  const [headers] = (await answered) as [IncomingHttpHeaders]
  expect(headers).toMatchObject({ ':status': 200, 'grpc-status': '14', 'grpc-message': 'drained%3A%20100%20%25' })
  await closed
  expect(client.rstCode).toBe(0)
})

test('a call that was being answered gets what was written, then the status in trailers', async () => {
  const { client, stream } = await openCall()
  const trailers = once(client, 'trailers')
  const closed = once(client, 'close')
  let body = ''
  client.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
  stream.respond(head, { waitForTrailers: true })
  stream.write('some')
  expect(endCall(stream, 14, 'over')).toBe(true)
  await goOn(stream)
  const [headers] = (await trailers) as [IncomingHttpHeaders]
  expect(headers).toMatchObject({ 'grpc-status': '14', 'grpc-message': 'over' })
  await closed
  expect(body).toBe('some')
  expect(client.rstCode).toBe(0)
})

test('a call that is over, or ends by itself, is left alone', async () => {
  const { client, stream } = await openCall()
  client.resume()
  const closed = once(client, 'close')
  stream.respond(head, { waitForTrailers: true })
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': 0 }))
  stream.end('all')
  expect(endCall(stream, 14, 'over')).toBe(false)
  client.end()
  await closed
  expect(endCall(stream, 14, 'over')).toBe(false)
})
