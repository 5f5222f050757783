import { LabError } from '../lab-error.ts'
import { type Protocol, protocols } from '../scenario.ts'
import type { Spacing } from './arrivals.ts'
import type { ConnectionMode } from './protocol/http1/connection-pool.ts'
import type { RetrySpec } from './retry.ts'

export interface Target {
  readonly host: string
  readonly port: number
  readonly path: string
}

/** One run of load, complete and within the limits. */
export interface LoadSpec {
  readonly id: string
  readonly target: Target
  readonly protocol: Protocol
  /** Of `http`; the others keep their connections. */
  readonly mode: ConnectionMode
  readonly ratePerSecond: number
  readonly spacing: Spacing
  readonly seed: number
  /** Kept at most; a WebSocket is one. */
  readonly connections: number
  /** How long the server is asked to work; a stream or WebSocket sends a message this often. */
  readonly workMs: number
  /** How long one stream or WebSocket lives when nobody ends it. */
  readonly streamSeconds: number
  /** Of one attempt; what streams take is added. */
  readonly timeoutMs: number
  /** Null: what fails is lost. */
  readonly retries: RetrySpec | null
  readonly maxRequests: number
  readonly maxSeconds: number
}

/** Bounds of what an agent does for anybody, whoever asks: [least, most, default or null when it must be given]. */
export const LIMITS = {
  ratePerSecond: [0.001, 2000, null],
  connections: [1, 256, null],
  workMs: [0, 60_000, 0],
  streamSeconds: [0.1, 600, 5],
  attempts: [1, 10, null],
  backoffMs: [0, 60_000, null],
  budgetRatio: [0, 10, null],
  timeoutMs: [1, 60_000, 10_000],
  maxRequests: [1, 1_000_000, null],
  maxSeconds: [0.01, 3600, null],
  seed: [0, 4_294_967_295, 1],
  intervalMs: [1, 1000, 5],
} as const satisfies Record<string, readonly [number, number, number | null]>

/** HTTP/1 clients hold many connections, multiplexing ones few; each WebSocket is one. */
const DEFAULT_CONNECTIONS: Readonly<Record<Protocol, number>> = {
  http: 32,
  http2: 4,
  'grpc-unary': 4,
  'grpc-stream': 4,
  websocket: 256,
}

const MODES = ['keep-alive', 'connection-per-request'] as const

/** A probe that has no answer after this long has none: routing to a pod that is gone drops packets in silence. */
const PROBE_TIMEOUT_MS = 1000

/**
 * Reads the body of `POST /load`.
 * @param allowedTargets `host:port` values; anything else is refused.
 * @throws LabError `INVALID_REQUEST` | `TARGET_NOT_ALLOWED`
 */
export function readLoadSpec(body: unknown, allowedTargets: readonly string[]): LoadSpec {
  const fields = fieldsOf(body)
  const id = readId(fields)
  const target = readTarget(fields['target'], allowedTargets)
  const protocol = readChoice(fields, 'protocol', protocols, 'http')
  return {
    id,
    target,
    protocol,
    mode: protocol === 'http' ? readChoice(fields, 'mode', MODES, null) : readKept(fields, protocol),
    ratePerSecond: readNumber(fields, 'ratePerSecond'),
    spacing: readChoice(fields, 'spacing', ['fixed', 'poisson'], 'fixed'),
    seed: readInteger(fields, 'seed'),
    connections: readInteger(fields, 'connections', DEFAULT_CONNECTIONS[protocol]),
    workMs: readNumber(fields, 'workMs'),
    streamSeconds: readNumber(fields, 'streamSeconds'),
    timeoutMs: readNumber(fields, 'timeoutMs'),
    retries: readRetries(fields['retries']),
    maxRequests: readInteger(fields, 'maxRequests'),
    maxSeconds: readNumber(fields, 'maxSeconds'),
  }
}

/**
 * Reads the body of `POST /probe`: a load that opens a connection every `intervalMs`.
 * @throws LabError as {@link readLoadSpec}
 */
export function readProbeSpec(body: unknown, allowedTargets: readonly string[]): LoadSpec {
  const fields = fieldsOf(body)
  const intervalMs = readNumber(fields, 'intervalMs')
  const maxSeconds = readNumber(fields, 'maxSeconds')
  return {
    id: readId(fields),
    target: readTarget(fields['target'], allowedTargets),
    protocol: 'http',
    mode: 'connection-per-request',
    ratePerSecond: 1000 / intervalMs,
    spacing: 'fixed',
    seed: 1,
    connections: 1,
    workMs: 0,
    streamSeconds: LIMITS.streamSeconds[2],
    retries: null,
    timeoutMs: PROBE_TIMEOUT_MS,
    maxRequests: Math.min(LIMITS.maxRequests[1], Math.ceil((maxSeconds * 1000) / intervalMs)),
    maxSeconds,
  }
}

type Fields = Readonly<Record<string, unknown>>

function fieldsOf(body: unknown): Fields {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw invalid('the body must be a JSON object')
  return body as Fields
}

function readId(fields: Fields): string {
  const id = fields['id']
  if (typeof id === 'string' && /^[a-z0-9][a-z0-9.-]{0,62}$/i.test(id)) return id
  throw invalid(`id must be 1 to 63 letters, digits, dots and dashes, not ${shown(id)}`)
}

function readTarget(value: unknown, allowedTargets: readonly string[]): Target {
  const fields = typeof value === 'object' && value !== null ? (value as Fields) : {}
  const { host, port, path = '/' } = fields
  if (typeof host !== 'string' || !/^[a-z0-9.:-]+$/i.test(host)) {
    throw invalid(`target.host must be an address or a name, not ${shown(host)}`)
  }
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw invalid(`target.port must be an integer from 1 to 65535, not ${shown(port)}`)
  }
  if (typeof path !== 'string' || !/^\/[!-~]*$/.test(path)) {
    throw invalid(`target.path must start with / and hold no blanks, not ${shown(path)}`)
  }
  if (!allowedTargets.includes(`${host}:${port}`)) {
    const allowed = allowedTargets.length === 0 ? 'none' : allowedTargets.join(', ')
    throw new LabError('TARGET_NOT_ALLOWED', `this agent sends nothing to ${host}:${port}; allowed: ${allowed}`)
  }
  return { host, port, path }
}

function readKept(fields: Fields, protocol: Protocol): ConnectionMode {
  if (fields['mode'] === undefined || fields['mode'] === 'keep-alive') return 'keep-alive'
  throw invalid(`mode must be keep-alive or missing for ${protocol}, not ${shown(fields['mode'])}`)
}

function readRetries(value: unknown): RetrySpec | null {
  if (value === undefined || value === null) return null
  if (typeof value !== 'object' || Array.isArray(value)) throw invalid(`retries must be an object, not ${shown(value)}`)
  const fields = value as Fields
  return {
    attempts: readInteger(fields, 'attempts'),
    backoffMs: readNumber(fields, 'backoffMs'),
    ...(fields['budgetRatio'] === undefined ? {} : { budgetRatio: readNumber(fields, 'budgetRatio') }),
  }
}

function readNumber(fields: Fields, name: keyof typeof LIMITS, otherwise: number | null = LIMITS[name][2]): number {
  const [least, most] = LIMITS[name]
  const value = fields[name] ?? otherwise
  if (typeof value === 'number' && value >= least && value <= most) return value
  throw invalid(`${name} must be a number from ${least} to ${most}, not ${shown(fields[name])}`)
}

function readInteger(fields: Fields, name: keyof typeof LIMITS, otherwise?: number): number {
  const value = readNumber(fields, name, otherwise)
  if (Number.isInteger(value)) return value
  throw invalid(`${name} must be an integer, not ${value}`)
}

function readChoice<T extends string>(fields: Fields, name: string, choices: readonly T[], fallback: T | null): T {
  const value = fields[name] ?? fallback
  const choice = choices.find((candidate) => candidate === value)
  if (choice !== undefined) return choice
  throw invalid(`${name} must be ${choices.join(' or ')}, not ${shown(value)}`)
}

const invalid = (message: string): LabError => new LabError('INVALID_REQUEST', message)

const shown = (value: unknown): string => JSON.stringify(value) ?? 'missing'
