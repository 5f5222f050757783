import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function startExample(name: string): Promise<{ url: string; adminUrl: string; end(): Promise<unknown[]> }> {
  const [port, adminPort] = await Promise.all([freePort(), freePort()])
  const file = new URL(`../../src/drain-server/examples/${name}.ts`, import.meta.url).pathname
  const child = spawn(process.execPath, ['--conditions=drainkeeper-source', file], {
    stdio: ['ignore', 'ignore', 'ignore'],
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      PORT: String(port),
      DRAIN_ADMIN_PORT: String(adminPort),
      DRAIN_DELAY_SECONDS: '0.2',
    },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const adminUrl = `http://127.0.0.1:${adminPort}`
  const started = async () =>
    fetch(`${adminUrl}/health/startup`)
      .then(({ ok }) => ok)
      .catch(() => false)
  while (!(await started())) await sleep(20)
  const exit = once(child, 'exit')
  return {
    url: `http://127.0.0.1:${port}`,
    adminUrl,
    end() {
      child.kill('SIGTERM')
      return exit
    },
  }
}

test.each([
  ['node', '/', 'hello from /\n'],
  ['express', '/', 'hello\n'],
  ['express', '/slow?ms=500', 'done\n'],
])('the %s example answers %s through its drain and exits 0', async (name, path, body) => {
  const example = await startExample(name)
  const answer = fetch(`${example.url}${path}`).then((response) => response.text())
  await sleep(100)
  const [code] = await example.end()
  expect(await answer).toBe(body)
  expect(code).toBe(0)
})
