import { onTestFinished, describe, expect, test } from 'vitest'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { refusingPort } from './loopback.ts'

const CONDITION = '--conditions=drainkeeper-source'

async function start(workload: string, environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, [CONDITION, `e2e/workloads/${workload}.ts`], {
    env: { PORT: '0', POD_NAME: 'pod-1', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const exited = once(child, 'exit')
  for await (const line of createInterface(child.stdout)) {
    const { listening } = JSON.parse(line) as { listening?: number }
    if (listening !== undefined) {
      child.stdout.resume()
      return { child, exited, port: listening }
    }
  }
  throw new Error(`${workload} never listened`)
}

const closing = new Agent({ keepAlive: false })

function ask(port: number, path: string) {
  const request = get({ host: '127.0.0.1', port, path, agent: closing })
  const answer = once(request, 'response').then(async ([response]) => ({
    status: response.statusCode as number,
    pod: response.headers['x-pod'] as string,
    body: await text(response),
  }))
  const written = new Promise((resolve) => request.once('finish', resolve))
  return { answer, written }
}

describe.each(['naive', 'drained'])('the %s workload', (workload) => {
  test('answers with its pod, works as long as asked, and is healthy', async () => {
    const { port } = await start(workload, { DRAIN_ADMIN_PORT: String(await refusingPort()) })
    expect(await ask(port, '/').answer).toEqual({ status: 200, pod: 'pod-1', body: 'hello from pod-1\n' })
    const startedMs = performance.now()
    expect(await ask(port, '/?ms=60').answer).toMatchObject({ status: 200 })
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(59)
    expect(await ask(port, '/health').answer).toEqual({ status: 200, pod: 'pod-1', body: 'ok\n' })
    expect(await ask(port, '/other').answer).toMatchObject({ status: 404 })
  })
})

test('on SIGTERM the naive workload refuses at once, answers what is out, and exits', async () => {
  const { child, exited, port } = await start('naive')
  const slow = ask(port, '/?ms=400')
  await slow.written
  expect(await ask(port, '/').answer).toMatchObject({ status: 200 })
  child.kill('SIGTERM')
  let refused: unknown
  while (refused === undefined) {
    refused = await ask(port, '/').answer.then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error.code,
    )
  }
  expect(['ECONNREFUSED', 'ECONNRESET']).toContain(refused)
  expect(await slow.answer).toMatchObject({ status: 200 })
  expect(await exited).toEqual([0, null])
})
