import { describe, expect, test } from 'vitest'
import { backoffMs, RetryBudget } from '../../src/lab/agent/retry.ts'
import { httpServer, records, refusingPort, startLoad, tcpServer } from './loopback.ts'
import { waitFor } from '../wait-for.ts'

describe('backoff', () => {
  test.each([
    ['the first is up to the base', 1, 1, 100],
    ['each further one up to twice as much', 2, 1, 200],
    ['and so on', 4, 1, 800],
    ['a random part of it is waited', 2, 0.25, 50],
    ['or nothing', 3, 0, 0],
  ])('%s', (_sentence, failed, random, expected) => {
    expect(backoffMs({ attempts: 9, backoffMs: 100 }, failed, random)).toBe(expected)
  })
})

describe('a retry budget', () => {
  const requests = (budget: RetryBudget, count: number, atMs: number) => {
    for (let index = 0; index < count; index++) budget.deposit(atMs)
  }
  const granted = (budget: RetryBudget, asked: number, atMs: number) =>
    Array.from({ length: asked }, () => budget.withdraw(atMs)).filter(Boolean).length

  test('grants a share of the requests', () => {
    const budget = new RetryBudget(0.1)
    requests(budget, 100, 1_000_000)
    expect(granted(budget, 50, 1_000_000)).toBe(10)
  })

  test('of the last ten seconds only', () => {
    const budget = new RetryBudget(0.1)
    requests(budget, 100, 1_000_000)
    expect(granted(budget, 50, 1_009_999)).toBe(10)
    requests(budget, 40, 1_010_000)
    // The first hundred is forgotten, the ten retries are not yet.
    expect(granted(budget, 50, 1_010_000)).toBe(0)
    expect(granted(budget, 50, 1_019_000)).toBe(4)
    expect(granted(budget, 50, 1_029_000)).toBe(0)
  })

  test('forgets everything after a long silence', () => {
    const budget = new RetryBudget(1)
    requests(budget, 5, 1_000_000)
    expect(granted(budget, 5, 9_000_000)).toBe(0)
    requests(budget, 2, 9_000_000)
    expect(granted(budget, 5, 9_000_000)).toBe(2)
  })

  test('without a ratio grants everything', () => {
    expect(granted(new RetryBudget(undefined), 50, 1_000_000)).toBe(50)
  })
})

describe('clients that retry', () => {
  /** Fails the first attempts of every request, which is told apart by its connection's order. */
  const flaky = (failures: number) => {
    let count = 0
    return httpServer((_request, response) => {
      response.setHeader('x-pod', 'a')
      response.writeHead(count++ % (failures + 1) < failures ? 503 : 200).end()
    })
  }
  const one = { maxRequests: 1, retries: { attempts: 3, backoffMs: 5 } } as const

  test.each([
    ['a request that fails once is answered at its second attempt', 1, { status: 200, attempts: 2 }],
    ['one that goes on failing is lost with its last attempt', 5, { status: 503, attempts: 3 }],
  ])('%s', async (_sentence, failures, expected) => {
    const load = startLoad(await flaky(failures), one)
    await load.finished
    expect(records(load)).toMatchObject([expected])
    expect(load.status()).toMatchObject({ scheduled: 1, sent: 1, settled: 1, attempts: expected.attempts })
  })

  test('an answer below 500 is what the server wanted to say', async () => {
    const load = startLoad(await httpServer((_request, response) => response.writeHead(404).end()), one)
    await load.finished
    expect(records(load)).toMatchObject([{ status: 404, attempts: 1 }])
  })

  test('refused connections are tried again', async () => {
    const load = startLoad(await refusingPort(), { ...one, mode: 'connection-per-request' })
    await load.finished
    expect(records(load)).toMatchObject([{ errorCode: 'ECONNREFUSED', attempts: 3, socketId: 3 }])
  })

  test('each attempt has its own time, and its latency counts from the schedule', async () => {
    const port = await tcpServer((socket) => socket.resume())
    const load = startLoad(port, { ...one, connections: 3, timeoutMs: 60 })
    await load.finished
    const [record] = records(load)
    expect(record).toMatchObject({ errorCode: 'TIMEOUT', attempts: 3 })
    expect(record!.doneMs - record!.scheduledMs).toBeGreaterThanOrEqual(180)
  })

  test('a budget bounds what they add', async () => {
    const retries = { attempts: 5, backoffMs: 0, budgetRatio: 0.1 }
    const load = startLoad(await refusingPort(), { mode: 'connection-per-request', maxRequests: 100, retries })
    await load.finished
    const { attempts, scheduled, lost } = load.status()
    expect({ scheduled, lost }).toEqual({ scheduled: 100, lost: { ECONNREFUSED: 100 } })
    expect(attempts).toBeGreaterThan(102)
    expect(attempts).toBeLessThanOrEqual(110)
  })

  test('stop waits for those that back off, abort does not', async () => {
    const port = await refusingPort()
    const retries = { attempts: 2, backoffMs: 60_000 }
    const load = startLoad(port, { maxRequests: 3, retries })
    await waitFor(() => expect(load.status().sent).toBe(3))
    void load.stop()
    expect(load.status()).toMatchObject({ state: 'stopping', inFlight: 3 })
    load.abort()
    await load.finished
    expect(load.status()).toMatchObject({ lost: { STOPPED: 3 }, inFlight: 0 })
  })
})
