import {
  anyBoolean,
  anyFunction,
  anyObject,
  anyText,
  checkOptions,
  demand,
  exitCode,
  filledText,
  logger,
  milliseconds,
  oneOf,
  orFalse,
  port,
  seconds,
  signalNames,
} from './option-checks.ts'
import type { Demand } from './option-checks.ts'
import { parseSeconds, termRanges, termsFromEnvironment, termsFromObject } from './process/contract.ts'
import type { ContractTerms } from './process/contract.ts'
import { exitCodes } from './process/exit-codes.ts'
import type { ExitCodes } from './process/exit-codes.ts'
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
   * D, the drain delay in seconds, 0 to 3600: how long routing may take to let go of this process. This and the three
   * terms below are stated by the preStop hook's URL, these options, the contract file and the environment: the first
   * of them that states a term decides it.
   * @default DRAIN_DELAY_SECONDS, else 15
   */
  delaySeconds?: number
  /**
   * The pod's whole grace period in seconds, 1 to 86400.
   * @default DRAIN_GRACE_SECONDS, else 30
   */
  graceSeconds?: number
  /**
   * How early the listener may close, in seconds after drain start, 0 to 3600, once no new connection has come for as
   * long as proves, given the traffic before, that routing has let go (at least 1 s). Without traffic before, nothing
   * proves it, and D is waited for.
   * @default DRAIN_MIN_DELAY_SECONDS, else D: it is never shortened
   */
  minDelaySeconds?: number
  /**
   * How late the listener closes at the latest, in seconds after drain start, 0 to 3600, when new connections still
   * come at D. As long as D or less: it is never prolonged.
   * @default DRAIN_MAX_DELAY_SECONDS, else 2 D, but at most half of the time that D leaves to requests
   */
  maxDelaySeconds?: number
  /**
   * A mounted file with the four terms above, as JSON: `{"delaySeconds": 2, "graceSeconds": 41}`. It is read at once,
   * and again at drain start: what it says then counts. It may be missing.
   * @default DRAIN_CONTRACT_FILE, else none
   */
  contractFile?: string
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
   * Whether the process exits after the report, with one of the exit codes.
   * @default true
   */
  exit?: boolean
  /**
   * Replaces some of the exit codes; each is a whole number from 0 to 255.
   * @default exitCodes: clean 0, forced 1, uncaughtError 70, stuck 124
   */
  exitCodes?: Partial<ExitCodes>
  /**
   * What happens to an error that nobody caught, or a rejection that nobody handled, while draining. finish: it is
   * logged and counted, what is in flight is still finished, and the process exits with `uncaughtError`. crash: what
   * Node does, which is what happens before drain start too. An application's own handler goes before either.
   * @default 'finish' when the process exits after the report, else 'crash'
   */
  uncaughtErrors?: 'finish' | 'crash'
  /**
   * Whether a thread of its own watches the drain: when the event loop is stuck, the process still leaves a report and
   * exits with `stuck` before kubelet kills it.
   * @default what `exit` is
   */
  watchdog?: boolean
  /**
   * How long the load balancer in front keeps an idle connection, in seconds, 1 to 86400. When a server's
   * `keepAliveTimeout` is not above it, a warning says so as soon as it listens: the server would close connections
   * that the balancer is about to use.
   * @default DRAIN_LB_IDLE_TIMEOUT_SECONDS, else not checked
   */
  loadBalancerIdleTimeoutSeconds?: number
  /**
   * Whether HTTP/2 over TLS is told to leave in two phases, as HTTP/2 in clear text always is: a stream that crosses the
   * news on the wire is then served. It costs CPU on every request over TLS (docs/adr/0008). Without it such a stream is
   * refused, and its client has to repeat it, which gRPC's clients and browsers do by themselves.
   * @default DRAIN_TWO_PHASE_OVER_TLS, else true, and false for a server of @grpc/grpc-js
   */
  twoPhaseOverTls?: boolean
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
  contractFile: string | undefined
  idleGraceMs: number
  undrainAfterMs: number
  signals: NodeJS.Signals[]
  secondSignal: 'exit' | 'ignore'
  terminationMessagePath: string | false | undefined
  stdout: boolean
  exit: boolean
  exitCodes: ExitCodes
  uncaughtErrors: 'finish' | 'crash'
  watchdog: boolean
  loadBalancerIdleTimeoutSeconds: number | undefined
  twoPhaseOverTls: boolean | undefined
}

const aDay = seconds(1, 86_400)

const optionDemands = {
  admin: orFalse(anyObject),
  delaySeconds: seconds(...termRanges.delaySeconds),
  graceSeconds: seconds(...termRanges.graceSeconds),
  minDelaySeconds: seconds(...termRanges.minDelaySeconds),
  maxDelaySeconds: seconds(...termRanges.maxDelaySeconds),
  contractFile: filledText,
  idleGraceMs: milliseconds,
  undrainAfterMs: milliseconds,
  signals: signalNames,
  secondSignal: oneOf('exit', 'ignore'),
  terminationMessagePath: orFalse(filledText),
  stdout: anyBoolean,
  exit: anyBoolean,
  exitCodes: anyObject,
  uncaughtErrors: oneOf('finish', 'crash'),
  watchdog: anyBoolean,
  loadBalancerIdleTimeoutSeconds: aDay,
  twoPhaseOverTls: anyBoolean,
  isProbe: anyFunction,
  logger,
} satisfies Record<keyof DrainOptions, Demand>

const adminDemands = { port, host: anyText, token: anyText } satisfies Record<keyof AdminOptions, Demand>

const exitCodeDemands = {
  clean: exitCode,
  forced: exitCode,
  uncaughtError: exitCode,
  stuck: exitCode,
} satisfies Record<keyof ExitCodes, Demand>

/** @throws DrainError ERR_DRAIN_OPTION, naming the option or environment variable that is not what it must be */
export function settle(options: DrainOptions, environment: NodeJS.ProcessEnv): Settings {
  checkOptions('options', options, optionDemands)
  if (options.admin) checkOptions('admin', options.admin, adminDemands)
  if (options.exitCodes) checkOptions('exitCodes', options.exitCodes, exitCodeDemands)
  const exit = options.exit ?? true
  return {
    admin: options.admin === false ? false : adminSettings(options.admin ?? {}, environment),
    adminToken: stated((options.admin || {}).token) ?? stated(environment['DRAIN_ADMIN_TOKEN']),
    optionTerms: termsFromObject(options),
    environmentTerms: termsFromEnvironment(environment),
    contractFile: options.contractFile ?? stated(environment['DRAIN_CONTRACT_FILE']),
    idleGraceMs: options.idleGraceMs ?? 2000,
    undrainAfterMs: options.undrainAfterMs ?? 10_000,
    signals: options.signals ?? ['SIGTERM', 'SIGINT'],
    secondSignal: options.secondSignal ?? 'exit',
    terminationMessagePath: options.terminationMessagePath ?? stated(environment['DRAIN_TERMINATION_MESSAGE_PATH']),
    stdout: options.stdout ?? true,
    exit,
    exitCodes: { ...exitCodes, ...options.exitCodes },
    uncaughtErrors: options.uncaughtErrors ?? (exit ? 'finish' : 'crash'),
    watchdog: options.watchdog ?? exit,
    loadBalancerIdleTimeoutSeconds:
      options.loadBalancerIdleTimeoutSeconds ?? numberFrom(environment, 'DRAIN_LB_IDLE_TIMEOUT_SECONDS', aDay),
    twoPhaseOverTls: options.twoPhaseOverTls ?? switchFrom(environment, 'DRAIN_TWO_PHASE_OVER_TLS'),
  }
}

function adminSettings(admin: AdminOptions, environment: NodeJS.ProcessEnv): Exclude<Settings['admin'], false> {
  return { port: admin.port ?? numberFrom(environment, 'DRAIN_ADMIN_PORT', port) ?? 9909, host: admin.host }
}

function numberFrom(environment: NodeJS.ProcessEnv, variable: string, demanded: Demand): number | undefined {
  const text = stated(environment[variable])
  if (text === undefined) return undefined
  const value = parseSeconds(text)
  demand(demanded, variable, value, text)
  return value
}

function switchFrom(environment: NodeJS.ProcessEnv, variable: string): boolean | undefined {
  const text = stated(environment[variable])
  if (text !== undefined) demand(oneOf('true', 'false'), variable, text)
  return text === undefined ? undefined : text === 'true'
}

/** An empty variable is what a manifest leaves behind when its value was never filled in: the same as none. */
function stated(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}
