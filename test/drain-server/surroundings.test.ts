import { EventEmitter, once } from 'node:events'
import { mkdtempSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { gateEvents } from '../../src/drain-server/protocol/server-events.ts'
import { drain } from '../../src/drain-server/index.ts'
import { stage } from './in-process.ts'

test("the process's own signals, stdout and stderr are used by default", async () => {
  const written: Record<'stdout' | 'stderr', string[]> = { stdout: [], stderr: [] }
  for (const name of ['stdout', 'stderr'] as const) {
    const spy = vi.spyOn(process[name], 'write').mockImplementation((text: unknown, done?: unknown) => {
      written[name].push(String(text))
      if (typeof done === 'function') (done as () => void)()
      return true
    })
    onTestFinished(() => spy.mockRestore())
  }
  const server = createServer()
  const drainer = drain(server, { signals: ['SIGUSR2'], admin: false, delaySeconds: 60, graceSeconds: 2, exit: false })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  expect(process.listenerCount('SIGUSR2')).toBe(1)
  process.emit('SIGUSR2')
  const report = await drainer.drained
  await drainer.release()
  expect(process.listenerCount('SIGUSR2')).toBe(0)
  expect(written.stdout).toEqual([`${JSON.stringify(report)}\n`])
  expect(written.stderr.map((line) => JSON.parse(line))).toEqual([
    {
      level: 'warn',
      message:
        'the drain delay of 60 s does not fit into the grace period of 2 s (deadline 1 s, at least 1 s of it for requests): shortened to 0 s',
    },
    expect.objectContaining({ level: 'info', message: 'drain began', trigger: 'signal' }),
  ])
})

test('the report is written for kubelet, and a path that cannot be written is told to the log', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'drain-server-')), 'termination-message')
  const writable = await stage({ terminationMessagePath: path })
  writable.drainer.start()
  const report = await writable.drainer.drained
  expect(readFileSync(path, 'utf8')).toBe(`${JSON.stringify(report)}\n`)
  const nowhere = await stage({ terminationMessagePath: '/nowhere/at/all' })
  nowhere.drainer.start()
  expect(await nowhere.drainer.drained).toMatchObject({ verdict: 'clean' })
  expect(nowhere.log).toContainEqual(expect.objectContaining({ level: 'warn', path: '/nowhere/at/all' }))
})

test('a gate on an emitter that has an emit of its own gives that one back', () => {
  const emitter = new EventEmitter()
  const own = vi.fn(() => true)
  emitter.emit = own
  const open = gateEvents(emitter, (event, _values, proceed) => (event === 'kept back' ? true : proceed()))
  emitter.emit('kept back')
  emitter.emit('let through', 1)
  open()
  emitter.emit('afterwards')
  expect(own.mock.calls).toEqual([['let through', 1], ['afterwards']])
})
