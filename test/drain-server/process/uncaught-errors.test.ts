import { describe, expect, test } from 'vitest'
import { Rehearsal } from './rehearsal.ts'

describe('errors that nobody caught', () => {
  test('are counted in the report and in the exit code; what is in flight is still finished', async () => {
    const it = new Rehearsal({ delaySeconds: 1, exitCodes: { uncaughtError: 99 } })
    it.process.begin('signal')
    await it.passes(1500)
    it.throwUncaught(new TypeError('x is undefined'))
    it.throwUncaught({ code: 7 })
    expect(it.exits).toEqual([])
    it.protocol.gone()
    await it.passes(1)
    expect(it.message).toMatchObject({
      verdict: 'clean',
      exitCode: 99,
      errors: { count: 2, first: 'TypeError: x is undefined' },
    })
    expect(it.exits).toEqual([99])
    expect(it.errorListeners.size).toBe(0)
    expect(it.log).toContainEqual({
      level: 'error',
      message: 'an error that nobody caught: what is in flight is finished first',
      error: '{ code: 7 }',
    })
  })

  test('are told whatever was thrown', async () => {
    const it = new Rehearsal({ delaySeconds: 0 })
    it.protocol.gone()
    it.process.begin('signal')
    it.throwUncaught({ code: 7 })
    await it.passes(1)
    expect(it.message.errors).toEqual({ count: 1, first: '{ code: 7 }' })
  })

  test.each([{ uncaughtErrors: 'crash' as const }, { exit: false }])('are left to Node with %o', (options) => {
    const it = new Rehearsal(options)
    it.process.begin('signal')
    expect(it.errorListeners.size).toBe(0)
  })
})
