import { inspect } from 'node:util'
import { checkTerm, parseSeconds } from './process/contract.ts'
import type { ContractTerms, TermName } from './process/contract.ts'
import { DrainError } from './errors.ts'
import type { Logger } from './logger.ts'

export interface AdminOptions {
  /**
   * The port of health, admin and metrics. 0 takes a free one.
   * @default DRAIN_ADMIN_PORT, else 9909
   */
  port?: number
  /**
   * The address to listen on.
   * @default all interfaces, since kubelet calls the pod's address
   */
  host?: string
  /**
   * When given, `/admin/*` answers 401 unless the header `x-drain-token` carries this value.
   * @default DRAIN_ADMIN_TOKEN, else no token
   */
  token?: string
}

export interface DrainOptions {
  /** Health, admin and metrics; false starts none. */
  admin?: AdminOptions | false
  /**
   * D, the drain delay in seconds, 0 to 3600. The preStop hook's own `delaySeconds` goes before it.
   * @default DRAIN_DELAY_SECONDS, else 15
   */
  delaySeconds?: number
  /**
   * The pod's whole grace period in seconds, 1 to 86400. The preStop hook's own `graceSeconds` goes before it.
   * @default DRAIN_GRACE_SECONDS, else 30
   */
  graceSeconds?: number
  /**
   * How long after the listener has closed an idle connection may still bring a request, in milliseconds. Measured
   * reasons for the default are in the README.
   * @default 2000
   */
  idleGraceMs?: number
  /**
   * A drain that a preStop call began is taken back when no signal follows for so long, in milliseconds.
   * @default 10000
   */
  undrainAfterMs?: number
  /**
   * The signals that begin a drain; an empty list leaves all signals alone.
   * @default ['SIGTERM', 'SIGINT']
   */
  signals?: NodeJS.Signals[]
  /**
   * What a second signal does: end the process at once (verdict forced), or nothing. The SIGTERM that follows a
   * preStop call is the first signal.
   * @default 'exit'
   */
  secondSignal?: 'exit' | 'ignore'
  /**
   * Where the report is written for kubelet to pick up; false writes none.
   * @default DRAIN_TERMINATION_MESSAGE_PATH, else /dev/termination-log where that file can be written
   */
  terminationMessagePath?: string | false
  /**
   * Whether the report is written to stdout, as one line.
   * @default true
   */
  stdout?: boolean
  /**
   * Whether the process exits after the report: with 0 when the verdict is clean, 1 when it is forced.
   * @default true
   */
  exit?: boolean
  /**
   * Tells health checks of your own: they are served, and counted nowhere. Called for every request, so it must be
   * cheap and must not throw. Those of kubelet, the known balancers, Envoy and Consul are known without it.
   * @default none
   */
  isProbe?: (request: { headers: NodeJS.Dict<string | string[]> }) => boolean
  /**
   * Receives what is worth an operator's eye; a pino logger fits.
   * @default one line of JSON on stderr
   */
  logger?: Logger
}

export interface Settings {
  admin: { port: number; host: string | undefined } | false
  adminToken: string | undefined
  optionTerms: ContractTerms
  environmentTerms: ContractTerms
  idleGraceMs: number
  undrainAfterMs: number
  signals: NodeJS.Signals[]
  secondSignal: 'exit' | 'ignore'
  terminationMessagePath: string | false | undefined
  stdout: boolean
  exit: boolean
}

/** @throws DrainError ERR_DRAIN_OPTION, naming the option or environment variable that is out of its range */
export function settle(options: DrainOptions, environment: NodeJS.ProcessEnv): Settings {
  return {
    admin: options.admin === false ? false : adminSettings(options.admin ?? {}, environment),
    adminToken: stated((options.admin || {}).token) ?? stated(environment['DRAIN_ADMIN_TOKEN']),
    optionTerms: optionTerms(options),
    environmentTerms: environmentTerms(environment),
    idleGraceMs: milliseconds('idleGraceMs', options.idleGraceMs ?? 2000),
    undrainAfterMs: milliseconds('undrainAfterMs', options.undrainAfterMs ?? 10_000),
    signals: options.signals ?? ['SIGTERM', 'SIGINT'],
    secondSignal: options.secondSignal ?? 'exit',
    terminationMessagePath: options.terminationMessagePath ?? stated(environment['DRAIN_TERMINATION_MESSAGE_PATH']),
    stdout: options.stdout ?? true,
    exit: options.exit ?? true,
  }
}

function adminSettings(admin: AdminOptions, environment: NodeJS.ProcessEnv): Exclude<Settings['admin'], false> {
  const fromEnvironment = stated(environment['DRAIN_ADMIN_PORT'])
  const port =
    admin.port === undefined && fromEnvironment !== undefined
      ? portNumber('DRAIN_ADMIN_PORT', parseSeconds(fromEnvironment), fromEnvironment)
      : portNumber('admin.port', admin.port ?? 9909, admin.port)
  return { port, host: admin.host }
}

function optionTerms(options: DrainOptions): ContractTerms {
  const terms: ContractTerms = {}
  for (const term of ['delaySeconds', 'graceSeconds'] as const) {
    const value = options[term]
    if (value !== undefined) terms[term] = checkTerm(term, value, value, term, 'ERR_DRAIN_OPTION')
  }
  return terms
}

function environmentTerms(environment: NodeJS.ProcessEnv): ContractTerms {
  const variables: Record<TermName, string> = {
    delaySeconds: 'DRAIN_DELAY_SECONDS',
    graceSeconds: 'DRAIN_GRACE_SECONDS',
  }
  const terms: ContractTerms = {}
  for (const term of ['delaySeconds', 'graceSeconds'] as const) {
    const text = stated(environment[variables[term]])
    if (text !== undefined) terms[term] = checkTerm(term, parseSeconds(text), text, variables[term], 'ERR_DRAIN_OPTION')
  }
  return terms
}

/** An empty variable is what a manifest leaves behind when its value was never filled in: the same as none. */
function stated(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}

function portNumber(name: string, port: number, shown: unknown): number {
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new DrainError('ERR_DRAIN_OPTION', `${name} must be a port from 0 to 65535, got ${inspect(shown)}`)
}

function milliseconds(name: string, value: number): number {
  if (value >= 0 && Number.isFinite(value)) return value
  throw new DrainError('ERR_DRAIN_OPTION', `${name} must be a number of milliseconds from 0, got ${inspect(value)}`)
}
