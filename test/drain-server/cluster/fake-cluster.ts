import { EventEmitter } from 'node:events'
import type { Cluster } from 'node:cluster'
import { Coordinator } from '../../../src/drain-server/cluster/coordinator.ts'
import type { News, Order } from '../../../src/drain-server/cluster/messages.ts'
import { settle } from '../../../src/drain-server/options.ts'
import type { DrainOptions, DrainReport } from '../../../src/drain-server/index.ts'
import { drainReportSchema } from '../../../src/drain-server/index.ts'
import type { LogEntry } from '../in-process.ts'
import { recordingLogger } from '../in-process.ts'
import { VirtualClock } from '../virtual-clock.ts'

/** A worker that does what the test says. */
export class FakeWorker {
  readonly id: number
  readonly orders: Order[] = []
  readonly done: string[] = []
  readonly process = Object.assign(new EventEmitter(), { kill: (signal: string) => void this.done.push(signal) })
  connected = true
  readonly #cluster: EventEmitter

  constructor(id: number, cluster: EventEmitter) {
    this.id = id
    this.#cluster = cluster
  }

  isConnected(): boolean {
    return this.connected
  }

  send(message: { 'drain-server': Order }, done: () => void): void {
    this.orders.push(message['drain-server'])
    done()
  }

  disconnect(): void {
    this.done.push('disconnect')
  }

  tells(news: News): void {
    this.#cluster.emit('message', this, { 'drain-server': news })
  }

  exits(code: number | null): void {
    this.#cluster.emit('exit', this, code, null)
  }

  losesItsChannel(): void {
    this.connected = false
    this.#cluster.emit('disconnect', this)
  }

  ends(code: number | null): void {
    this.exits(code)
    this.losesItsChannel()
  }
}

export interface ClusterStage {
  cluster: EventEmitter
  clock: VirtualClock
  coordinator: Coordinator
  log: LogEntry[]
  exits: number[]
  stdout: string[]
  /** Forks workers that have called drain(). */
  fork: (count: number) => FakeWorker[]
  forkStranger: () => FakeWorker
}

export function stageCluster(options: DrainOptions = {}): ClusterStage {
  const cluster = new EventEmitter()
  const clock = new VirtualClock()
  const log: LogEntry[] = []
  const exits: number[] = []
  const stdout: string[] = []
  const settings = settle(
    { admin: false, terminationMessagePath: false, delaySeconds: 2, graceSeconds: 30, ...options },
    {},
  )
  const coordinator = new Coordinator(
    cluster as unknown as Cluster,
    settings,
    {
      clock,
      environment: {},
      onSignal: () => () => undefined,
      onUncaughtError: () => () => undefined,
      startWatchdog: () => ({ stop: () => undefined }),
      exit: (code) => void exits.push(code),
      writeStdout(line) {
        stdout.push(line)
        return Promise.resolve()
      },
      writeStderr: () => undefined,
    },
    recordingLogger(log),
  )
  let workers = 0
  const forkStranger = (): FakeWorker => {
    const worker = new FakeWorker((workers += 1), cluster)
    cluster.emit('fork', worker)
    return worker
  }
  return {
    cluster,
    clock,
    coordinator,
    log,
    exits,
    stdout,
    forkStranger,
    fork: (count) =>
      Array.from({ length: count }, () => {
        const worker = forkStranger()
        worker.tells({ kind: 'joined' })
        return worker
      }),
  }
}

export function reportOf(part: Partial<DrainReport> = {}): DrainReport {
  return {
    schema: drainReportSchema,
    trigger: 'signal',
    drainStartedAt: '2026-01-01T00:00:00.000Z',
    drainDelayMs: 2000,
    deadlineMs: 28_000,
    listenerClosedMs: 2010,
    finishedMs: 2500,
    before: { windowMs: 1000, newConnections: 1, requests: 1 },
    late: { connections: { count: 0, lastMs: null }, requests: { count: 0, lastMs: null } },
    inFlight: { atDrainStart: 1, atListenerClose: 0, atDeadline: 0 },
    longestRequestMs: 10,
    forced: { connections: 0, requests: 0 },
    verdict: 'clean',
    exitCode: 0,
    ...part,
  }
}
