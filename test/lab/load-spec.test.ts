import { describe, expect, test } from 'vitest'
import { readLoadSpec, readProbeSpec } from '../../src/lab/agent/load-spec.ts'

const ALLOWED = ['10.96.0.10:80']
const target = { host: '10.96.0.10', port: 80 }
const load = { id: 'a', target, mode: 'keep-alive', ratePerSecond: 400, maxRequests: 1000, maxSeconds: 60 }

test('what is not given has a default', () => {
  expect(readLoadSpec(load, ALLOWED)).toEqual({
    ...load,
    target: { ...target, path: '/' },
    spacing: 'fixed',
    seed: 1,
    protocol: 'http',
    connections: 32,
    workMs: 0,
    streamSeconds: 5,
    timeoutMs: 10_000,
    retries: null,
  })
})

test('a probe is a load with a connection per request, bounded by its seconds', () => {
  expect(readProbeSpec({ id: 'p', target, maxSeconds: 60 }, ALLOWED)).toMatchObject({
    mode: 'connection-per-request',
    ratePerSecond: 200,
    maxRequests: 12_000,
    maxSeconds: 60,
    timeoutMs: 1000,
  })
})

describe('refused', () => {
  test.each([
    ['no object', [], 'INVALID_REQUEST', 'the body must be a JSON object'],
    [
      'no id',
      { ...load, id: undefined },
      'INVALID_REQUEST',
      'id must be 1 to 63 letters, digits, dots and dashes, not missing',
    ],
    [
      'an id with a slash',
      { ...load, id: 'a/b' },
      'INVALID_REQUEST',
      'id must be 1 to 63 letters, digits, dots and dashes, not "a/b"',
    ],
    [
      'no target',
      { ...load, target: undefined },
      'INVALID_REQUEST',
      'target.host must be an address or a name, not missing',
    ],
    [
      'no port',
      { ...load, target: { host: 'a' } },
      'INVALID_REQUEST',
      'target.port must be an integer from 1 to 65535, not missing',
    ],
    [
      'a path that breaks the request line',
      { ...load, target: { ...target, path: '/ HTTP/1.1\r\nx: y' } },
      'INVALID_REQUEST',
      'target.path must start with / and hold no blanks, not "/ HTTP/1.1\\r\\nx: y"',
    ],
    [
      'another port',
      { ...load, target: { ...target, port: 81 } },
      'TARGET_NOT_ALLOWED',
      'this agent sends nothing to 10.96.0.10:81; allowed: 10.96.0.10:80',
    ],
    [
      'an unknown mode',
      { ...load, mode: 'http2' },
      'INVALID_REQUEST',
      'mode must be keep-alive or connection-per-request, not "http2"',
    ],
    [
      'no rate',
      { ...load, ratePerSecond: undefined },
      'INVALID_REQUEST',
      'ratePerSecond must be a number from 0.001 to 2000, not missing',
    ],
    [
      'too high a rate',
      { ...load, ratePerSecond: 9000 },
      'INVALID_REQUEST',
      'ratePerSecond must be a number from 0.001 to 2000, not 9000',
    ],
    [
      'no end',
      { ...load, maxSeconds: undefined },
      'INVALID_REQUEST',
      'maxSeconds must be a number from 0.01 to 3600, not missing',
    ],
    [
      'too long',
      { ...load, maxSeconds: 3601 },
      'INVALID_REQUEST',
      'maxSeconds must be a number from 0.01 to 3600, not 3601',
    ],
    [
      'no count',
      { ...load, maxRequests: undefined },
      'INVALID_REQUEST',
      'maxRequests must be a number from 1 to 1000000, not missing',
    ],
    [
      'too many',
      { ...load, maxRequests: 1_000_001 },
      'INVALID_REQUEST',
      'maxRequests must be a number from 1 to 1000000, not 1000001',
    ],
    ['half a request', { ...load, maxRequests: 1.5 }, 'INVALID_REQUEST', 'maxRequests must be an integer, not 1.5'],
    [
      'too many connections',
      { ...load, connections: 257 },
      'INVALID_REQUEST',
      'connections must be a number from 1 to 256, not 257',
    ],
    [
      'a number as text',
      { ...load, timeoutMs: '5' },
      'INVALID_REQUEST',
      'timeoutMs must be a number from 1 to 60000, not "5"',
    ],
  ])('%s', (_sentence, body, code, message) => {
    expect(() => readLoadSpec(body, ALLOWED)).toThrow(expect.objectContaining({ name: 'LabError', code, message }))
  })

  test('everything, by an agent without an allow-list', () => {
    expect(() => readProbeSpec({ id: 'p', target, maxSeconds: 1 }, [])).toThrow(
      'this agent sends nothing to 10.96.0.10:80; allowed: none',
    )
  })

  test('a probe that is too dense', () => {
    expect(() => readProbeSpec({ id: 'p', target, maxSeconds: 1, intervalMs: 0.5 }, ALLOWED)).toThrow(
      'intervalMs must be a number from 1 to 1000, not 0.5',
    )
  })
})
