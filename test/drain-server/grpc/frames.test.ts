import type { sendUnaryData, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js'
import { expect, onTestFinished, test } from 'vitest'
import { flag, frameType, RawHttp2Client } from '../http2/raw-http2-client.ts'
import { grpcStage, kinds } from './grpc-stage.ts'

const headers = { 'content-type': 'application/grpc', te: 'trailers' }
const call = { method: 'POST', headers, endStream: false }
/** A message as gRPC frames it. */
const message = (text: string): Buffer => Buffer.concat([Buffer.of(0, 0, 0, 0, text.length), Buffer.from(text)])
const noticeId = 2 ** 31 - 1

async function rawClient(port: number): Promise<RawHttp2Client> {
  const client = await RawHttp2Client.connect(port, { answerPings: false })
  onTestFinished(() => void client.socket.destroy())
  return client
}

/** The kinds of frames of a stream, in the order in which they came. */
function framesOf(client: RawHttp2Client, streamId: number): string[] {
  const names = new Map<number, string>(Object.entries(frameType).map(([name, type]) => [type, name]))
  return client.frames
    .filter((frame) => frame.streamId === streamId && frame.type !== frameType.windowUpdate)
    .map(({ type, flags }) => `${names.get(type)}${(flags & flag.endStream) !== 0 ? ' END_STREAM' : ''}`)
}

/** Of the GOAWAYs; node repeats its last one. */
function lastStreamIds(client: RawHttp2Client): number[] {
  return [...new Set(client.goaways.map(({ lastStreamId }) => lastStreamId))]
}

const echo = ((request: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) =>
  answer(null, request.request)) as never

test('a call that races the GOAWAY is served', async () => {
  const { port, drainer } = await grpcStage({ handlers: { Unary: echo } })
  const client = await rawClient(port)
  const first = client.request(kinds.Unary.path, call)
  client.data(first, message('first'), true)
  await client.over(first)
  drainer.start()
  await client.until(() => client.goaways.length === 1)
  const racing = client.request(kinds.Unary.path, call)
  client.data(racing, message('racing'), true)
  expect(await client.over(racing)).toMatchObject({ status: 200, complete: true, resetCode: undefined })
  expect(client.response(racing).body).toContain('racing')
  await client.end()
  expect(lastStreamIds(client)).toEqual([noticeId, racing])
  client.socket.end()
  expect(await drainer.drained).toMatchObject({ verdict: 'clean', late: { requests: { count: 1 } } })
})

test('at the deadline the status comes before the reset, to a client that has not ended its half', async () => {
  const { port, drainer } = await grpcStage({
    graceSeconds: 2,
    handlers: {
      Upload: (() => undefined) as never,
      Download: ((call: ServerWritableStream<Buffer, Buffer>) => call.write(Buffer.from('some'))) as never,
    },
  })
  const client = await rawClient(port)
  const up = client.request(kinds.Upload.path, call)
  client.data(up, message('never answered'))
  const down = client.request(kinds.Download.path, call)
  client.data(down, message('go on'), true)
  await client.until(() => client.response(down).body !== '')
  drainer.start()
  await client.end()
  expect(framesOf(client, up)).toEqual(['headers END_STREAM', 'resetStream'])
  expect(client.response(up).resetCode).toBe(0)
  expect(framesOf(client, down)).toEqual(['headers', 'data', 'headers END_STREAM'])
  expect(await drainer.drained).toMatchObject({ verdict: 'forced', forced: { requests: 2 } })
})

test('a Watch ends before its session does', async () => {
  const { port, drainer } = await grpcStage()
  const client = await rawClient(port)
  const watch = client.request('/grpc.health.v1.Health/Watch', call)
  client.data(watch, message(''), true)
  await client.until(() => client.response(watch).body !== '')
  drainer.start()
  await client.end()
  expect(framesOf(client, watch)).toEqual(['headers', 'data', 'data', 'headers END_STREAM'])
  expect(lastStreamIds(client)).toEqual([noticeId, watch])
  client.socket.end()
  expect(await drainer.drained).toMatchObject({ verdict: 'clean' })
})
