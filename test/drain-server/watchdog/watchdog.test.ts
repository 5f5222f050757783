import { open, url } from 'node:inspector'
import { isMainThread } from 'node:worker_threads'
import { expect, test, vi } from 'vitest'
import { startWatchdog } from '../../../src/drain-server/watchdog/watchdog.ts'
import type { Watchdog } from '../../../src/drain-server/watchdog/watchdog.ts'

const registered = (): symbol[] =>
  Object.getOwnPropertySymbols(globalThis).filter((symbol) => symbol.description?.startsWith('drain-server.watchdog.'))

function start(afterMs: number, onStuck: (watchdog: Watchdog) => void): Watchdog {
  const onUnavailable = vi.fn()
  const watchdog = startWatchdog({ afterMs, onStuck: () => onStuck(watchdog), onUnavailable })
  expect(onUnavailable).not.toHaveBeenCalled()
  return watchdog
}

test('a main thread that is entered runs onStuck once', async () => {
  expect(isMainThread).toBe(true)
  const entered = vi.fn()
  await new Promise<void>((resolve) => {
    start(0, (watchdog) => {
      entered()
      watchdog.stop()
      resolve()
    })
  })
  expect(entered).toHaveBeenCalledTimes(1)
  expect(registered()).toEqual([])
})

test('an open inspector is closed first', async () => {
  open(0, '127.0.0.1')
  expect(url()).toBeDefined()
  const after = await new Promise((resolve) => {
    start(0, (watchdog) => {
      watchdog.stop()
      resolve(url())
    })
  })
  expect(after).toBeUndefined()
})

test('what is entered is registered under a name that cannot be guessed, and only until it is stopped', () => {
  const onStuck = vi.fn()
  const watchdog = start(60_000, onStuck)
  const [name] = registered()
  expect(name?.description).toMatch(/^drain-server\.watchdog\.[0-9a-f-]{36}$/)
  expect(Object.keys(globalThis)).not.toContain(name)
  const enter = Reflect.get(globalThis, name ?? '') as () => void
  watchdog.stop()
  watchdog.stop()
  expect(registered()).toEqual([])
  enter()
  expect(onStuck).not.toHaveBeenCalled()
})

test('a thread that fails takes nothing with it', async () => {
  const error = await new Promise((resolve) => {
    // A function cannot be sent to a thread.
    const lastWords = { path: '', text: (() => '') as unknown as string }
    startWatchdog({ afterMs: 0, onStuck: () => undefined, lastWords, onUnavailable: resolve })
  })
  expect(String(error)).toMatch('DataCloneError')
  expect(registered()).toEqual([])
})
