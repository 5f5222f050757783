import { describe, expect, test } from 'vitest'
import { planDrain, termsFromQuery } from '../../src/drain-server/process/contract.ts'
import { settle } from '../../src/drain-server/options.ts'

describe('planDrain', () => {
  test.each([
    ['defaults', [], { delayMs: 15_000, deadlineMs: 28_000, hooksUntilMs: 29_000 }],
    [
      'the operator: 2 s of 41 s',
      [{ delaySeconds: 2, graceSeconds: 41 }],
      { delayMs: 2000, deadlineMs: 39_000, hooksUntilMs: 40_000 },
    ],
    [
      'the first source that states a term wins',
      [{ delaySeconds: 1 }, { delaySeconds: 9, graceSeconds: 12 }, { graceSeconds: 90 }],
      { delayMs: 1000, deadlineMs: 10_000, hooksUntilMs: 11_000 },
    ],
    [
      'a grace below 4 s gives half of it to safety',
      [{ delaySeconds: 0, graceSeconds: 3 }],
      { delayMs: 0, deadlineMs: 1500, hooksUntilMs: 2250 },
    ],
  ])('%s', (_sentence, sources, plan) => {
    expect(planDrain(...sources)).toEqual(plan)
  })

  test('a delay that leaves requests less than a second is shortened, and a warning says so', () => {
    expect(planDrain({ delaySeconds: 60, graceSeconds: 30 })).toEqual({
      delayMs: 27_000,
      deadlineMs: 28_000,
      hooksUntilMs: 29_000,
      warning:
        'the drain delay of 60 s does not fit into the grace period of 30 s (deadline 28 s, at least 1 s of it for requests): shortened to 27 s',
    })
  })

  test('the delay is never negative', () => {
    expect(planDrain({ delaySeconds: 5, graceSeconds: 1 })).toMatchObject({ delayMs: 0, deadlineMs: 500 })
  })
})

describe('termsFromQuery', () => {
  test.each([
    ['', {}],
    ['delaySeconds=2&graceSeconds=41', { delaySeconds: 2, graceSeconds: 41 }],
    ['delaySeconds=0&other=1', { delaySeconds: 0 }],
    ['delaySeconds=3600&graceSeconds=86400', { delaySeconds: 3600, graceSeconds: 86_400 }],
    ['delaySeconds=1.5', { delaySeconds: 1.5 }],
  ])('%s', (query, terms) => {
    expect(termsFromQuery(new URLSearchParams(query))).toEqual(terms)
  })

  test.each([
    ['delaySeconds=abc', "delaySeconds must be a number of seconds from 0 to 3600, got 'abc'"],
    ['delaySeconds=', "delaySeconds must be a number of seconds from 0 to 3600, got ''"],
    ['delaySeconds=-1', "delaySeconds must be a number of seconds from 0 to 3600, got '-1'"],
    ['delaySeconds=3601', "delaySeconds must be a number of seconds from 0 to 3600, got '3601'"],
    ['delaySeconds=1e3', "delaySeconds must be a number of seconds from 0 to 3600, got '1e3'"],
    ['delaySeconds=2s', "delaySeconds must be a number of seconds from 0 to 3600, got '2s'"],
    ['graceSeconds=0', "graceSeconds must be a number of seconds from 1 to 86400, got '0'"],
  ])('%s is refused', (query, message) => {
    expect(() => termsFromQuery(new URLSearchParams(query))).toThrow(
      expect.objectContaining({ code: 'ERR_DRAIN_PARAMETER', message }),
    )
  })
})

describe('options and environment', () => {
  test('defaults', () => {
    expect(settle({}, {})).toEqual({
      admin: { port: 9909, host: undefined, token: undefined },
      optionTerms: {},
      environmentTerms: {},
      idleGraceMs: 2000,
      undrainAfterMs: 10_000,
      signals: ['SIGTERM', 'SIGINT'],
      secondSignal: 'exit',
      terminationMessagePath: undefined,
      stdout: true,
      exit: true,
    })
  })

  test('the environment fills what the options leave out', () => {
    const environment = {
      DRAIN_ADMIN_PORT: '9000',
      DRAIN_ADMIN_TOKEN: 'secret',
      DRAIN_DELAY_SECONDS: '3',
      DRAIN_GRACE_SECONDS: '60',
      DRAIN_TERMINATION_MESSAGE_PATH: '/tmp/message',
    }
    expect(settle({}, environment)).toMatchObject({
      admin: { port: 9000, token: 'secret' },
      environmentTerms: { delaySeconds: 3, graceSeconds: 60 },
      terminationMessagePath: '/tmp/message',
    })
    expect(
      settle(
        { admin: { port: 1, host: '::1', token: 'other' }, delaySeconds: 4, terminationMessagePath: false },
        environment,
      ),
    ).toMatchObject({
      admin: { port: 1, host: '::1', token: 'other' },
      optionTerms: { delaySeconds: 4 },
      terminationMessagePath: false,
    })
  })

  test('an empty variable is no variable', () => {
    const environment = {
      DRAIN_ADMIN_PORT: '',
      DRAIN_ADMIN_TOKEN: '',
      DRAIN_DELAY_SECONDS: '',
      DRAIN_TERMINATION_MESSAGE_PATH: '',
    }
    expect(settle({}, environment)).toEqual(settle({}, {}))
  })

  test.each([
    [{ delaySeconds: 4000 }, {}, 'delaySeconds must be a number of seconds from 0 to 3600, got 4000'],
    [{ graceSeconds: Number.NaN }, {}, 'graceSeconds must be a number of seconds from 1 to 86400, got NaN'],
    [{ idleGraceMs: -1 }, {}, 'idleGraceMs must be a number of milliseconds from 0, got -1'],
    [
      { undrainAfterMs: Number.POSITIVE_INFINITY },
      {},
      'undrainAfterMs must be a number of milliseconds from 0, got Infinity',
    ],
    [{ admin: { port: 65_536 } }, {}, 'admin.port must be a port from 0 to 65535, got 65536'],
    [{}, { DRAIN_ADMIN_PORT: 'http' }, "DRAIN_ADMIN_PORT must be a port from 0 to 65535, got 'http'"],
    [{}, { DRAIN_GRACE_SECONDS: '30s' }, "DRAIN_GRACE_SECONDS must be a number of seconds from 1 to 86400, got '30s'"],
  ])('%o with %o is refused', (options, environment, message) => {
    expect(() => settle(options, environment)).toThrow(expect.objectContaining({ code: 'ERR_DRAIN_OPTION', message }))
  })
})
