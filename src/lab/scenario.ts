import type { LagModel } from '../cluster/index.ts'

/** What the clients speak, and so what one piece of their work is: a request, or a stream with its messages. */
export const protocols = ['http', 'http2', 'grpc-unary', 'grpc-stream', 'websocket'] as const
export type Protocol = (typeof protocols)[number]

/**
 * What ends pods while the load is on. `restart` is a rolling restart, `scale-down` takes half of the replicas and gives
 * them back for the next one, `node-drain` evicts every pod of one node.
 */
export const disruptions = ['restart', 'scale-down', 'node-drain'] as const
export type Disruption = (typeof disruptions)[number]

/**
 * The workload's programs: how a server behaves when it is told to end.
 * - `exit-at-once`: knows no signal, as most do: SIGTERM ends it at once.
 * - `close-at-once`: stops listening at SIGTERM, waits for its connections, then exits: the textbook.
 * - `drained`: with drain-server.
 */
export const serverPrograms = ['exit-at-once', 'close-at-once', 'drained'] as const
export type ServerProgram = (typeof serverPrograms)[number]

/** What has to come out of a variant: `losses` proves the failure, `none` the cure; `any` is only reported. */
export const expectations = ['losses', 'none', 'any'] as const
export type Expectation = (typeof expectations)[number]

/** For `http`: whether each request has its own connection; `both` splits the rate in halves. */
export const connectionModes = ['keep-alive', 'per-request', 'both'] as const
export type ConnectionModes = (typeof connectionModes)[number]

/** The load of one scenario, over all nodes. */
export interface LoadShape {
  readonly protocol: Protocol
  /** Requests, or streams and WebSockets that begin. */
  readonly ratePerSecond: number
  /** For `http` only. @default both */
  readonly connections?: ConnectionModes
  /** How many connections each node's clients keep, in each mode. @default 32 for `http`, 4 for HTTP/2 and gRPC */
  readonly maxConnections?: number
  /** How long the server works on one request; streams and WebSockets send a message this often. @default 0 */
  readonly workMs?: number
  /** How long one stream or WebSocket lives when nobody ends it. @default 5 */
  readonly streamSeconds?: number
  /** Of one attempt; what a stream lives is added. @default 10000 */
  readonly timeoutMs?: number
  /** What clients do about a failure; absent: nothing. */
  readonly retries?: {
    /** The first one among them. */
    readonly attempts: number
    /** Before the second attempt, at most; doubled for each further one, and a random part of it is waited. */
    readonly backoffMs: number
    /** Retries may be this share of the requests of the last ten seconds; absent: no budget. */
    readonly budgetRatio?: number
  }
  /** How many requests a pod can work on at a time; more wait. Absent: no limit. */
  readonly serverConcurrency?: number
}

/** As in a Deployment's `spec.strategy.rollingUpdate`: how many, or which share, such as `50%`. */
export interface RollingUpdate {
  readonly maxSurge: number | string
  readonly maxUnavailable: number | string
}

/** One way to run the same service. */
export interface Variant {
  readonly name: string
  /** For people: `naive`, `folklore: preStop sleep 5`, `drainkeeper`. */
  readonly title: string
  readonly server: ServerProgram
  /** As the owner wrote it into the pod template. */
  readonly preStopSleepSeconds?: number
  readonly terminationGracePeriodSeconds?: number
  /** Absent: Kubernetes' 25 % each. */
  readonly rollingUpdate?: RollingUpdate
  /** Spec of a DrainPolicy besides its target; absent: no policy. */
  readonly policy?: Readonly<Record<string, unknown>>
  /** Rolling restarts (or other disruptions) that are not counted, so that the operator measures first. @default 0 */
  readonly learning?: number
  readonly expect: Expectation
}

/** One failure mode, shown and then fixed. Plain data: everything that a run needs to know. */
export interface Scenario {
  /** A DNS label. */
  readonly name: string
  readonly title: string
  /** What fails, why, and what cures it: two or three sentences for the report. */
  readonly about: string
  readonly replicas: number
  readonly disruption: Disruption
  /** Counted disruptions per variant. */
  readonly disruptions: number
  readonly load: LoadShape
  /** Of the embedded cluster's service proxies; a real cluster has its own. */
  readonly lag: LagModel
  readonly variants: readonly Variant[]
}
