import { createServer } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { drain } from '../../../src/drain-server/index.ts'
import { startChild } from '../child.ts'
import { RawClient } from '../raw-client.ts'

const options = { delaySeconds: 0, idleGraceMs: 50 }

test('two servers of a process are one drain: none of them ends the process under the requests of the other', async () => {
  const child = await startChild(options, {}, 'process/fixtures/two-servers.ts')
  onTestFinished(() => void child.process.kill('SIGKILL'))
  const client = await RawClient.connect(child.port)
  client.get('/stream?ms=500')
  await client.receives('begun')
  child.process.kill('SIGTERM')
  expect(await client.ended).toBe('FIN')
  expect(client.received).toContain('ok /stream')
  const { code, report, stdout } = await child.exited
  expect({ code, lines: stdout.length }).toEqual({ code: 0, lines: 1 })
  expect(report).toMatchObject({ verdict: 'clean', inFlight: { atDrainStart: 1 } })
})

test('a process has the next drain when the last one is released or done, and others that no signal begins', async () => {
  const quiet = { ...options, admin: false, stdout: false, exit: false, terminationMessagePath: false } as const
  const first = drain(createServer(), quiet)
  const second = createServer()
  expect(drain(second, quiet)).toBe(first)
  expect(() => drain(second, quiet)).toThrow(expect.objectContaining({ code: 'ERR_DRAIN_ADOPTED' }))
  const own = drain(createServer(), { ...quiet, signals: [] })
  expect(own).not.toBe(first)
  await own.release()
  first.start()
  await first.drained
  const next = drain(createServer(), quiet)
  expect(next).not.toBe(first)
  await next.release()
  const last = drain(createServer(), quiet)
  expect(last).not.toBe(next)
  await last.release()
  await first.release()
})
