import { LabError } from '../lab-error.ts'
import type { Spacing } from './arrivals.ts'
import type { ConnectionMode } from './connection-pool.ts'

export interface Target {
  readonly host: string
  readonly port: number
  readonly path: string
}

/** One run of load, complete and within the limits. */
export interface LoadSpec {
  readonly id: string
  readonly target: Target
  readonly mode: ConnectionMode
  readonly ratePerSecond: number
  readonly spacing: Spacing
  readonly seed: number
  readonly connections: number
  readonly timeoutMs: number
  readonly maxRequests: number
  readonly maxSeconds: number
}

/** Bounds of what an agent does for anybody, whoever asks: [least, most, default or null when it must be given]. */
export const LIMITS = {
  ratePerSecond: [0.1, 2000, null],
  connections: [1, 256, 32],
  timeoutMs: [1, 60_000, 10_000],
  maxRequests: [1, 1_000_000, null],
  maxSeconds: [0.01, 3600, null],
  seed: [0, 4_294_967_295, 1],
  intervalMs: [1, 1000, 5],
} as const satisfies Record<string, readonly [number, number, number | null]>

/** A probe that has no answer after this long has none: routing to a pod that is gone drops packets in silence. */
const PROBE_TIMEOUT_MS = 1000

/**
 * Reads the body of `POST /load`.
 * @param allowedTargets `host:port` values; anything else is refused.
 * @throws LabError `INVALID_REQUEST` | `TARGET_NOT_ALLOWED`
 */
export function readLoadSpec(body: unknown, allowedTargets: readonly string[]): LoadSpec {
  const fields = fieldsOf(body)
  return {
    id: readId(fields),
    target: readTarget(fields['target'], allowedTargets),
    mode: readChoice(fields, 'mode', ['keep-alive', 'connection-per-request'], null),
    ratePerSecond: readNumber(fields, 'ratePerSecond'),
    spacing: readChoice(fields, 'spacing', ['fixed', 'poisson'], 'fixed'),
    seed: readInteger(fields, 'seed'),
    connections: readInteger(fields, 'connections'),
    timeoutMs: readNumber(fields, 'timeoutMs'),
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
    mode: 'connection-per-request',
    ratePerSecond: 1000 / intervalMs,
    spacing: 'fixed',
    seed: 1,
    connections: 1,
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

function readNumber(fields: Fields, name: keyof typeof LIMITS): number {
  const [least, most, fallback] = LIMITS[name]
  const value = fields[name] ?? fallback
  if (typeof value === 'number' && value >= least && value <= most) return value
  throw invalid(`${name} must be a number from ${least} to ${most}, not ${shown(fields[name])}`)
}

function readInteger(fields: Fields, name: keyof typeof LIMITS): number {
  const value = readNumber(fields, name)
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
