import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { drain } from '../../src/drain-server/index.ts'
import type { DrainOptions } from '../../src/drain-server/index.ts'
import { settle } from '../../src/drain-server/options.ts'
import { stage } from './in-process.ts'

describe('what is in force', () => {
  test('defaults', () => {
    expect(settle({}, {})).toEqual({
      admin: { port: 9909, host: undefined },
      adminToken: undefined,
      optionTerms: {},
      environmentTerms: {},
      contractFile: undefined,
      idleGraceMs: 2000,
      undrainAfterMs: 10_000,
      signals: ['SIGTERM', 'SIGINT'],
      secondSignal: 'exit',
      terminationMessagePath: undefined,
      stdout: true,
      exit: true,
      exitCodes: { clean: 0, forced: 1, uncaughtError: 70, stuck: 124 },
      uncaughtErrors: 'finish',
      watchdog: true,
      loadBalancerIdleTimeoutSeconds: undefined,
      twoPhaseOverTls: undefined,
    })
  })

  test('the environment fills what the options leave out', () => {
    const environment = {
      DRAIN_ADMIN_PORT: '9000',
      DRAIN_ADMIN_TOKEN: 'secret',
      DRAIN_DELAY_SECONDS: '3',
      DRAIN_GRACE_SECONDS: '60',
      DRAIN_TERMINATION_MESSAGE_PATH: '/tmp/message',
      DRAIN_MIN_DELAY_SECONDS: '1.5',
      DRAIN_MAX_DELAY_SECONDS: '9',
      DRAIN_CONTRACT_FILE: '/etc/contract.json',
      DRAIN_LB_IDLE_TIMEOUT_SECONDS: '60',
      DRAIN_TWO_PHASE_OVER_TLS: 'false',
    }
    expect(settle({}, environment)).toMatchObject({
      admin: { port: 9000 },
      adminToken: 'secret',
      environmentTerms: { delaySeconds: 3, graceSeconds: 60, minDelaySeconds: 1.5, maxDelaySeconds: 9 },
      contractFile: '/etc/contract.json',
      loadBalancerIdleTimeoutSeconds: 60,
      twoPhaseOverTls: false,
      terminationMessagePath: '/tmp/message',
    })
    expect(
      settle(
        {
          admin: { port: 1, host: '::1', token: 'other' },
          delaySeconds: 4,
          terminationMessagePath: false,
          contractFile: '/contract',
          loadBalancerIdleTimeoutSeconds: 350,
        },
        environment,
      ),
    ).toMatchObject({
      admin: { port: 1, host: '::1' },
      adminToken: 'other',
      optionTerms: { delaySeconds: 4 },
      terminationMessagePath: false,
      contractFile: '/contract',
      loadBalancerIdleTimeoutSeconds: 350,
    })
  })

  test('an empty variable is no variable', () => {
    const environment = {
      DRAIN_ADMIN_PORT: '',
      DRAIN_ADMIN_TOKEN: '',
      DRAIN_DELAY_SECONDS: '',
      DRAIN_TERMINATION_MESSAGE_PATH: '',
      DRAIN_CONTRACT_FILE: '',
      DRAIN_LB_IDLE_TIMEOUT_SECONDS: '',
      DRAIN_TWO_PHASE_OVER_TLS: '',
    }
    expect(settle({}, environment)).toEqual(settle({}, {}))
  })

  test('a process that is not left by the drain keeps what guards its exit out, unless it is asked for', () => {
    expect(settle({ exit: false }, {})).toMatchObject({ uncaughtErrors: 'crash', watchdog: false })
    expect(settle({ exit: false, uncaughtErrors: 'finish', watchdog: true }, {})).toMatchObject({
      uncaughtErrors: 'finish',
      watchdog: true,
    })
  })

  test('exit codes that are not stated stay', () => {
    expect(settle({ exitCodes: { forced: 0 } }, {}).exitCodes).toEqual({
      clean: 0,
      forced: 0,
      uncaughtError: 70,
      stuck: 124,
    })
  })

  test('undefined states nothing', () => {
    expect(settle({ admin: undefined, delaySeconds: undefined, exitCodes: undefined } as never, {})).toEqual(
      settle({}, {}),
    )
  })
})

describe('what is refused', () => {
  const any = (options: unknown): DrainOptions => options as DrainOptions
  const milliseconds = 'must be a number of milliseconds from 0'

  test.each<[DrainOptions, string]>([
    [{ delaySeconds: 4000 }, 'delaySeconds must be a number of seconds from 0 to 3600, got 4000'],
    [any({ delaySeconds: '15' }), "delaySeconds must be a number of seconds from 0 to 3600, got '15'"],
    [{ graceSeconds: Number.NaN }, 'graceSeconds must be a number of seconds from 1 to 86400, got NaN'],
    [{ minDelaySeconds: -1 }, 'minDelaySeconds must be a number of seconds from 0 to 3600, got -1'],
    [{ maxDelaySeconds: Infinity }, 'maxDelaySeconds must be a number of seconds from 0 to 3600, got Infinity'],
    [{ contractFile: '' }, "contractFile must be a string that is not empty, got ''"],
    [{ idleGraceMs: -1 }, `idleGraceMs ${milliseconds}, got -1`],
    [any({ idleGraceMs: null }), `idleGraceMs ${milliseconds}, got null`],
    [{ undrainAfterMs: Infinity }, `undrainAfterMs ${milliseconds}, got Infinity`],
    [any({ signals: ['SIGTERM', 'SIGNAL'] }), "signals must be a list of signals' names, got [ 'SIGTERM', 'SIGNAL' ]"],
    [any({ signals: 'SIGTERM' }), "signals must be a list of signals' names, got 'SIGTERM'"],
    [any({ secondSignal: 'die' }), "secondSignal must be 'exit' or 'ignore', got 'die'"],
    [any({ uncaughtErrors: true }), "uncaughtErrors must be 'finish' or 'crash', got true"],
    [
      any({ terminationMessagePath: true }),
      'terminationMessagePath must be a string that is not empty, or false, got true',
    ],
    [any({ stdout: 1 }), 'stdout must be true or false, got 1'],
    [any({ exit: 'yes' }), "exit must be true or false, got 'yes'"],
    [any({ watchdog: 0 }), 'watchdog must be true or false, got 0'],
    [any({ exitCodes: 3 }), 'exitCodes must be an object, got 3'],
    [any({ exitCodes: null }), 'exitCodes must be an object, got null'],
    [{ exitCodes: { forced: 256 } }, 'exitCodes.forced must be a whole number from 0 to 255, got 256'],
    [{ exitCodes: { clean: 0.5 } }, 'exitCodes.clean must be a whole number from 0 to 255, got 0.5'],
    [
      { loadBalancerIdleTimeoutSeconds: 0 },
      'loadBalancerIdleTimeoutSeconds must be a number of seconds from 1 to 86400, got 0',
    ],
    [any({ isProbe: 'kube-probe' }), "isProbe must be a function, got 'kube-probe'"],
    [
      any({ logger: console.log }),
      'logger must be an object with the functions info, warn and error, got [Function: log]',
    ],
    [
      any({ logger: { info: () => undefined } }),
      'logger must be an object with the functions info, warn and error, got { info: [Function: info] }',
    ],
    [any({ logger: null }), 'logger must be an object with the functions info, warn and error, got null'],
    [any({ admin: true }), 'admin must be an object, or false, got true'],
    [any({ admin: null }), 'admin must be an object, or false, got null'],
    [{ admin: { port: 65_536 } }, 'admin.port must be a port from 0 to 65535, got 65536'],
    [any({ admin: { host: 1 } }), 'admin.host must be a string, got 1'],
    [any({ admin: { token: 1 } }), 'admin.token must be a string, got 1'],
    [any(undefined), 'options must be an object, got undefined'],
    [any('fast'), "options must be an object, got 'fast'"],
    [any({ delay: 5 }), 'there is no option delay: did you mean delaySeconds?'],
    [any({ file: '/contract' }), 'there is no option file: did you mean contractFile?'],
    [any({ gracefulSeconds: 5 }), 'there is no option gracefulSeconds: did you mean graceSeconds?'],
    [any({ ExitCode: 5 }), 'there is no option ExitCode: did you mean exitCodes?'],
    [any({ admin: { prot: 5 } }), 'there is no option admin.prot: did you mean admin.port?'],
    [any({ exitCodes: { killed: 5 } }), 'there is no option exitCodes.killed: did you mean exitCodes.forced?'],
  ])('%o', (options, message) => {
    expect(() => settle(options, {})).toThrow(expect.objectContaining({ code: 'ERR_DRAIN_OPTION', message }))
  })

  test.each<[NodeJS.ProcessEnv, string]>([
    [{ DRAIN_ADMIN_PORT: 'http' }, "DRAIN_ADMIN_PORT must be a port from 0 to 65535, got 'http'"],
    [{ DRAIN_ADMIN_PORT: '80.5' }, "DRAIN_ADMIN_PORT must be a port from 0 to 65535, got '80.5'"],
    [{ DRAIN_GRACE_SECONDS: '30s' }, "DRAIN_GRACE_SECONDS must be a number of seconds from 1 to 86400, got '30s'"],
    [{ DRAIN_MAX_DELAY_SECONDS: '-1' }, "DRAIN_MAX_DELAY_SECONDS must be a number of seconds from 0 to 3600, got '-1'"],
    [{ DRAIN_TWO_PHASE_OVER_TLS: 'yes' }, "DRAIN_TWO_PHASE_OVER_TLS must be 'true' or 'false', got 'yes'"],
    [
      { DRAIN_LB_IDLE_TIMEOUT_SECONDS: '1m' },
      "DRAIN_LB_IDLE_TIMEOUT_SECONDS must be a number of seconds from 1 to 86400, got '1m'",
    ],
  ])('%o', (environment, message) => {
    expect(() => settle({}, environment)).toThrow(expect.objectContaining({ code: 'ERR_DRAIN_OPTION', message }))
  })

  test('a name that every object knows', () => {
    expect(() => settle(any({ toString: 5 }), {})).toThrow(/^there is no option toString: did you mean \w+\?$/)
  })

  test('a contract file that is none, before the server is touched', () => {
    const server = createServer()
    expect(() => drain(server, { contractFile: import.meta.filename })).toThrow(
      expect.objectContaining({ code: 'ERR_DRAIN_OPTION', message: expect.stringContaining('is not JSON') }),
    )
    expect(Object.hasOwn(server, 'emit')).toBe(false)
  })
})

describe("the load balancer's idle timeout", () => {
  const warning = {
    level: 'warn',
    message: "server.keepAliveTimeout is not above the load balancer's idle timeout: requests will be lost",
    keepAliveTimeoutMs: 60_000,
    loadBalancerIdleTimeoutSeconds: 60,
    setItToMs: 61_000,
  }
  const withTimeout = (milliseconds: number) =>
    stage({
      loadBalancerIdleTimeoutSeconds: 60,
      prepare(server) {
        server.keepAliveTimeout = milliseconds
      },
    })

  test('at or above what the server keeps is warned of, once', async () => {
    expect((await withTimeout(60_000)).log).toEqual([warning])
  })

  test.each([60_001, 0])('with a keepAliveTimeout of %d is not', async (milliseconds) => {
    expect((await withTimeout(milliseconds)).log).toEqual([])
  })

  test('is checked when a server that listens already is adopted', async () => {
    const it = await withTimeout(70_000)
    const late = createHttpServer({ keepAliveTimeout: 60_000 })
    onTestFinished(() => void late.close())
    late.listen(0, '127.0.0.1')
    await once(late, 'listening')
    it.drainer.adopt(late)
    expect(it.log).toEqual([warning])
  })

  test('is not asked about when nobody states it', async () => {
    expect((await stage()).log).toEqual([])
  })
})
