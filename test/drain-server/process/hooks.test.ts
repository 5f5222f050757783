import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { drainChannels } from '../../../src/drain-server/index.ts'
import { HookRunner } from '../../../src/drain-server/process/hook-runner.ts'
import { HookList } from '../../../src/drain-server/process/hooks.ts'
import type { DrainHook, HookOptions } from '../../../src/drain-server/process/hooks.ts'
import { StartHooks } from '../../../src/drain-server/process/start-hooks.ts'
import { recordingLogger } from '../in-process.ts'
import type { LogEntry } from '../in-process.ts'
import { VirtualClock } from '../virtual-clock.ts'

function runner() {
  const clock = new VirtualClock()
  const log: LogEntry[] = []
  const logger = recordingLogger(log)
  return { clock, log, logger, runner: new HookRunner(clock, logger) }
}

const never = (): Promise<never> => new Promise<never>(() => undefined)

describe('a list of hooks', () => {
  test('is in their order, and those of the same order as they were added', () => {
    const hooks = new HookList<DrainHook>()
    const add = (name: string, order?: number) =>
      hooks.add(() => undefined, { name, ...(order === undefined ? {} : { order }) })
    add('fourth', 1.5)
    add('second')
    const gone = add('gone')
    add('first', -10)
    add('third')
    hooks.remove(gone)
    expect([...hooks].map(({ name }) => name)).toEqual(['first', 'second', 'third', 'fourth'])
  })

  test('names a hook by what it is called, else by its number', () => {
    const hooks = new HookList<DrainHook>()
    const closePool = (): void => undefined
    expect(hooks.add(closePool)).toMatchObject({ name: 'closePool', order: 0, timeoutMs: Infinity })
    expect(hooks.add(() => undefined).name).toBe('hook 2')
    expect(hooks.add(closePool, { name: 'pool' }).name).toBe('pool')
  })

  test.each<[unknown, HookOptions, string]>([
    ['close', {}, "hook must be a function, got 'close'"],
    [() => undefined, { order: Number.NaN }, 'hook.order must be a number, got NaN'],
    [() => undefined, { name: '' }, "hook.name must be a string that is not empty, got ''"],
    [() => undefined, { timeout: 5 } as HookOptions, 'there is no option hook.timeout: did you mean hook.timeoutMs?'],
    [() => undefined, { timeoutMs: 0 }, 'hook.timeoutMs must be a number of milliseconds above 0, got 0'],
    [() => undefined, { timeoutMs: '5' as never }, "hook.timeoutMs must be a number of milliseconds above 0, got '5'"],
  ])('refuses %o with %o', (hook, options, message) => {
    const hooks = new HookList<DrainHook>()
    expect(() => hooks.add(hook as DrainHook, options)).toThrow(
      expect.objectContaining({ code: 'ERR_DRAIN_OPTION', message }),
    )
    expect([...hooks]).toEqual([])
  })
})

describe('hooks in turn', () => {
  test('one runs when the one before has ended, whichever way', async () => {
    const it = runner()
    const hooks = new HookList<DrainHook>()
    const seen: string[] = []
    const first = Promise.withResolvers<void>()
    hooks.add(
      async ({ remainingMs }) => {
        seen.push(`first has ${remainingMs}`)
        await first.promise
      },
      { name: 'first', timeoutMs: 4000 },
    )
    hooks.add(
      () => {
        throw new Error('stuck')
      },
      { name: 'throws' },
    )
    hooks.add(() => Promise.reject(new Error('lost')), { name: 'rejects' })
    hooks.add(({ remainingMs, signal }) => void seen.push(`last has ${remainingMs} ${signal.aborted}`), {
      name: 'last',
    })
    const ended = it.runner.runInTurn(hooks, it.clock.nowMs() + 10_000)
    it.clock.advance(3000)
    await turn()
    expect(seen).toEqual(['first has 4000'])
    expect(it.runner.ended()).toEqual([])
    first.resolve()
    await ended
    expect(seen).toEqual(['first has 4000', 'last has 7000 false'])
    expect(it.runner.report()).toEqual([
      { name: 'first', phase: 'drain', durationMs: 3000, outcome: 'ok' },
      { name: 'throws', phase: 'drain', durationMs: 0, outcome: 'failed' },
      { name: 'rejects', phase: 'drain', durationMs: 0, outcome: 'failed' },
      { name: 'last', phase: 'drain', durationMs: 0, outcome: 'ok' },
    ])
    expect(it.runner.allEnded).toBe(true)
    expect(it.log).toEqual([
      { level: 'error', message: 'a drain hook failed', hook: 'throws', error: 'Error: stuck' },
      { level: 'error', message: 'a drain hook failed', hook: 'rejects', error: 'Error: lost' },
    ])
    expect(it.clock.pending).toBe(0)
  })

  test('one that takes longer than its timeout is abandoned, and the next one runs', async () => {
    const it = runner()
    const published: unknown[] = []
    const listen = (message: unknown): void => void published.push(message)
    subscribe(drainChannels.hook, listen)
    onTestFinished(() => void unsubscribe(drainChannels.hook, listen))
    const hooks = new HookList<DrainHook>()
    const signals: AbortSignal[] = []
    hooks.add(
      ({ signal }) => {
        signals.push(signal)
        return never()
      },
      { name: 'hangs', timeoutMs: 500 },
    )
    hooks.add(() => undefined, { name: 'next' })
    const ended = it.runner.runInTurn(hooks, it.clock.nowMs() + 10_000)
    it.clock.advance(499)
    expect(signals[0]?.aborted).toBe(false)
    it.clock.advance(1)
    await ended
    expect(signals[0]?.reason).toMatchObject({
      code: 'ERR_DRAIN_DEADLINE',
      message: 'the hook hangs has used up its 500 ms',
    })
    expect(published).toEqual(it.runner.report())
    expect(it.runner.report()).toEqual([
      { name: 'hangs', phase: 'drain', durationMs: 500, outcome: 'abandoned' },
      { name: 'next', phase: 'drain', durationMs: 0, outcome: 'ok' },
    ])
    expect(it.runner.allEnded).toBe(false)
    expect(it.log).toEqual([{ level: 'error', message: 'a drain hook took too long', hook: 'hangs', durationMs: 500 }])
  })

  test('what no time is left for is not begun', async () => {
    const it = runner()
    const hooks = new HookList<DrainHook>()
    hooks.add(() => never(), { name: 'hangs' })
    hooks.add(() => undefined, { name: 'skipped' })
    const ended = it.runner.runInTurn(hooks, it.clock.nowMs() + 1000)
    it.clock.advance(1000)
    await ended
    expect(it.runner.report().map(({ outcome }) => outcome)).toEqual(['abandoned', 'skipped'])
    expect(it.log.at(-1)).toEqual({ level: 'error', message: 'no time was left for a drain hook', hook: 'skipped' })
  })

  test('one that fails after it was abandoned stays abandoned, and is still told', async () => {
    const it = runner()
    const hooks = new HookList<DrainHook>()
    const late = Promise.withResolvers<void>()
    hooks.add(() => late.promise, { name: 'slow', timeoutMs: 1 })
    const ended = it.runner.runInTurn(hooks, Infinity)
    it.clock.advance(1)
    await ended
    late.reject(new Error('too late'))
    await turn()
    expect(it.runner.report()).toMatchObject([{ outcome: 'abandoned' }])
    expect(it.log.at(-1)).toMatchObject({ message: 'a drain hook failed', error: 'Error: too late' })
  })
})

describe('start hooks', () => {
  function starting() {
    const it = runner()
    return { ...it, hooks: new StartHooks(it.logger), next: () => new HookRunner(it.clock, it.logger) }
  }

  test('are called at once, in their order, and waited for together', async () => {
    const it = starting()
    const seen: string[] = []
    const slow = Promise.withResolvers<void>()
    it.hooks.add(() => void seen.push('second'))
    it.hooks.add(
      () => {
        seen.push('first')
        return slow.promise
      },
      { order: -1 },
    )
    it.hooks.add(() => void seen.push('removed'))()
    await it.hooks.ended()
    it.hooks.begin(it.runner, Infinity)
    await turn()
    expect(seen).toEqual(['first', 'second'])
    let ended = false
    const all = it.hooks.ended().then(() => (ended = true))
    await turn()
    expect(ended).toBe(false)
    slow.resolve()
    await all
    expect(it.runner.allEnded).toBe(true)
  })

  test('one that is added while a drain is under way is called then', async () => {
    const it = starting()
    it.hooks.begin(it.runner, Infinity)
    it.hooks.add(() => undefined, { name: 'late' })
    await it.hooks.ended()
    expect(it.runner.report()).toMatchObject([{ name: 'late', phase: 'start', outcome: 'ok' }])
  })

  test('are taken back in the other direction; a failure to do so is told', async () => {
    const it = starting()
    const seen: string[] = []
    it.hooks.add(() => () => void seen.push('first back'))
    it.hooks.add(() => undefined, { name: 'leaves nothing' })
    it.hooks.add(() => () => Promise.reject(new Error('gone')), { name: 'queue' })
    it.hooks.add(() => 'no function' as never)
    it.hooks.add(() => {
      throw new Error('never paused')
    })
    it.hooks.add(() => () => void seen.push('last back'))
    it.hooks.begin(it.runner, Infinity)
    await it.hooks.ended()
    it.hooks.callOff()
    await turn()
    expect(seen).toEqual(['last back', 'first back'])
    expect(it.log.slice(1)).toEqual([
      { level: 'error', message: 'a start hook could not be taken back', hook: 'queue', error: 'Error: gone' },
    ])
    it.hooks.callOff()
    await turn()
    expect(seen).toHaveLength(2)
  })

  test('never overlap with themselves: what is still running is taken back when it has ended, and then called again', async () => {
    const it = starting()
    const seen: string[] = []
    const pauses = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let calls = 0
    it.hooks.add(async () => {
      const call = calls
      calls += 1
      seen.push(`pausing ${call}`)
      await pauses[call]?.promise
      return () => void seen.push(`resumed ${call}`)
    })
    it.hooks.begin(it.runner, Infinity)
    await turn()
    it.hooks.callOff()
    const second = it.next()
    it.hooks.begin(second, Infinity)
    await turn()
    expect(seen).toEqual(['pausing 0'])
    pauses[0]?.resolve()
    await turn()
    expect(seen).toEqual(['pausing 0', 'resumed 0', 'pausing 1'])
    pauses[1]?.resolve()
    await it.hooks.ended()
    expect(second.report()).toMatchObject([{ outcome: 'ok' }])
  })

  test('one that hangs is abandoned, and so is its next call, which waits for it', async () => {
    const it = starting()
    it.hooks.add(never, { name: 'hangs', timeoutMs: 100 })
    it.hooks.begin(it.runner, Infinity)
    it.clock.advance(100)
    await it.hooks.ended()
    it.hooks.callOff()
    const second = it.next()
    it.hooks.begin(second, Infinity)
    it.clock.advance(100)
    await it.hooks.ended()
    expect([it.runner.report(), second.report()]).toMatchObject([
      [{ outcome: 'abandoned' }],
      [{ outcome: 'abandoned' }],
    ])
  })
})
