import { Agent, get } from 'node:http'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { readSettings } from '../../../src/lab/workloads/settings.ts'
import { startWorkload } from './running-workload.ts'

const closing = new Agent({ keepAlive: false })

function ask(port: number, path: string) {
  const request = get({ host: '127.0.0.1', port, path, agent: closing })
  const answer = new Promise<{ status: number; pod: string; body: string }>((resolve, reject) => {
    request.once('error', reject)
    request.once('response', (response) => {
      const { statusCode: status = 0, headers } = response
      void text(response).then((body) => resolve({ status, pod: String(headers['x-pod']), body }), reject)
    })
  })
  const written = new Promise((resolve) => request.once('finish', resolve))
  return { answer, written }
}

/** How a new request fails; asks until one does. */
async function failure(port: number): Promise<string | undefined> {
  for (;;) {
    const failed = await ask(port, '/').answer.then(
      () => null,
      (error: NodeJS.ErrnoException) => error.code,
    )
    if (failed !== null) return failed
  }
}

describe.each(['exit-at-once', 'close-at-once', 'drained'])('HTTP, %s', (SERVER) => {
  test('answers with its pod, works as long as asked, and is healthy', async () => {
    const { port } = await startWorkload({ SERVER })
    expect(await ask(port, '/').answer).toEqual({ status: 200, pod: 'pod-1', body: 'hello from pod-1\n' })
    const startedMs = performance.now()
    expect(await ask(port, '/?ms=60').answer).toMatchObject({ status: 200 })
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(59)
    expect(await ask(port, '/health').answer).toEqual({ status: 200, pod: 'pod-1', body: 'ok\n' })
    expect(await ask(port, '/other').answer).toMatchObject({ status: 404 })
  })
})

test('more work than its concurrency waits, first come, first served', async () => {
  const { port } = await startWorkload({ SERVER_CONCURRENCY: '1' })
  const order: string[] = []
  const first = ask(port, '/?ms=300')
  await first.written
  expect(await ask(port, '/health').answer).toMatchObject({ status: 200 })
  const second = ask(port, '/?ms=1')
  await Promise.all([
    first.answer.then(() => order.push('first')),
    second.answer.then(() => order.push('second')),
    ask(port, '/health').answer.then(() => order.push('health')),
  ])
  expect(order).toEqual(['health', 'first', 'second'])
})

describe('on SIGTERM', () => {
  test('close-at-once refuses at once, answers what is out, and exits', async () => {
    const { child, exited, port } = await startWorkload({ SERVER: 'close-at-once' })
    const slow = ask(port, '/?ms=400')
    await slow.written
    expect(await ask(port, '/').answer).toMatchObject({ status: 200 })
    child.kill('SIGTERM')
    expect(['ECONNREFUSED', 'ECONNRESET']).toContain(await failure(port))
    expect(await slow.answer).toMatchObject({ status: 200 })
    expect(await exited).toEqual([0, null])
  })

  test('exit-at-once takes what is out with it', async () => {
    const { child, exited, port } = await startWorkload({ SERVER: 'exit-at-once' })
    const slow = ask(port, '/?ms=5000')
    await slow.written
    expect(await ask(port, '/').answer).toMatchObject({ status: 200 })
    child.kill('SIGTERM')
    await expect(slow.answer).rejects.toThrow(expect.objectContaining({ code: 'ECONNRESET' }))
    expect(await exited).toEqual([null, 'SIGTERM'])
  })

  test('drained goes on serving, and exits when it is over', async () => {
    const { child, exited, port } = await startWorkload({ SERVER: 'drained', DRAIN_DELAY_SECONDS: '1' })
    const slow = ask(port, '/?ms=400')
    await slow.written
    child.kill('SIGTERM')
    expect(await ask(port, '/?ms=100').answer).toMatchObject({ status: 200 })
    expect(await slow.answer).toMatchObject({ status: 200 })
    expect(await exited).toEqual([0, null])
  })
})

test.each([
  ['SERVER', 'later', 'SERVER must be one of exit-at-once, close-at-once, drained, not "later"'],
  ['PROTOCOL', 'smtp', 'PROTOCOL must be one of http, http2, grpc-unary, grpc-stream, websocket, not "smtp"'],
  ['PORT', 'x', 'PORT must be a whole number from 0 on, not "x"'],
  ['SERVER_CONCURRENCY', '0', 'SERVER_CONCURRENCY must be a whole number from 1 on, not "0"'],
])('%s=%s is refused by name', (name, value, message) => {
  expect(() => readSettings({ [name]: value })).toThrow(message)
})
