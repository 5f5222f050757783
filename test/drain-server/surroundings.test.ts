import { EventEmitter, once } from 'node:events'
import { mkdtempSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { gateEvents } from '../../src/drain-server/protocol/server-events.ts'
import { drain } from '../../src/drain-server/index.ts'
import { processSurroundings } from '../../src/drain-server/surroundings.ts'
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
  const open = gateEvents(emitter, (event) => (event === 'kept back' ? true : undefined))
  emitter.emit('kept back')
  emitter.emit('let through', 1)
  open()
  emitter.emit('afterwards')
  expect(own.mock.calls).toEqual([['let through', 1], ['afterwards']])
})

describe("the process's uncaught errors", () => {
  /** Without the handlers of the test runner. */
  function alone(): void {
    const others = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    onTestFinished(() => {
      process.removeAllListeners('uncaughtException')
      for (const listener of others) process.on('uncaughtException', listener)
    })
  }

  test('are heard until they are let go, and only while the application has no handler of its own', () => {
    alone()
    const heard: unknown[] = []
    const raise = (error: Error): boolean => (process as EventEmitter).emit('uncaughtException', error)
    const letGo = processSurroundings.onUncaughtError((error) => heard.push(error))
    const own = vi.fn()
    const [first, second, third] = [new Error('first'), new Error('second'), new Error('third')]
    raise(first)
    process.on('uncaughtException', own)
    raise(second)
    process.off('uncaughtException', own)
    raise(third)
    expect(heard).toEqual([first, third])
    expect(own).toHaveBeenCalledTimes(1)
    letGo()
    expect(process.listenerCount('uncaughtException')).toBe(0)
  })
})

test('the process is left by its own exit', () => {
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never)
  onTestFinished(() => exit.mockRestore())
  processSurroundings.exit(70)
  expect(exit).toHaveBeenCalledWith(70)
})
