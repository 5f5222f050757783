import type { LagModel } from '../cluster/index.ts'

/** What the clients speak, and how long one piece of their work lives. */
export type Protocol = 'http' | 'http2' | 'grpc-unary' | 'grpc-stream' | 'websocket'

/** What ends pods while the load is on. */
export type Disruption = 'restart' | 'scale-down' | 'node-drain'

/** The workload's programs: how a server behaves when it is told to end. */
export type ServerProgram =
  /** Knows no signal, as most do: SIGTERM ends it at once. */
  | 'exit-at-once'
  /** Stops listening at SIGTERM, waits for its connections, then exits: the textbook. */
  | 'close-at-once'
  /** With drain-server. */
  | 'drained'

/** The load of one scenario, over all nodes. */
export interface LoadShape {
  readonly protocol: Protocol
  readonly ratePerSecond: number
  /** For `http`: whether each request has its own connection; `both` splits the rate in halves. */
  readonly connections?: 'keep-alive' | 'per-request' | 'both'
  /** How long the server works on one request; streams and WebSockets send a message this often. @default 0 */
  readonly workMs?: number
  /** How long one stream or WebSocket lives when nobody ends it. */
  readonly streamSeconds?: number
  readonly timeoutMs?: number
  /** What clients do about a failure; absent: nothing. */
  readonly retries?: {
    readonly attempts: number
    readonly backoffMs: number
    /** Retries may be this share of the requests of the last ten seconds; absent: no budget. */
    readonly budgetRatio?: number
  }
  /** How many requests the server can work on at a time; more wait. Absent: no limit. */
  readonly serverConcurrency?: number
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
  /** Spec of a DrainPolicy besides its target; absent: no policy. */
  readonly policy?: Readonly<Record<string, unknown>>
  /** Rolling restarts (or other disruptions) that are not counted, so that the operator measures first. @default 0 */
  readonly learning?: number
  /** What has to come out: `losses` proves the failure, `none` the cure; `any` is only reported. */
  readonly expect: 'losses' | 'none' | 'any'
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
