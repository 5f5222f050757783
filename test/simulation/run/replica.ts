import { type Logger, pino } from 'pino'
import type { ApiServerLike } from '../../../src/cluster/api-server/index.ts'
import type { Clock, TransportRequest } from '../../../src/kube/index.ts'
import { Operator } from '../../../src/operator/index.ts'
import { OperatorMetrics } from '../../../src/operator/metrics.ts'
import { PodsEar } from '../../../src/operator/pace/pods-ear.ts'
import { RolloutSights } from '../../../src/operator/pace/rollout-sights.ts'
import type { Endpoints } from '../../../src/signals/index.ts'
import { ProcessClock } from '../time/process-clock.ts'
import type { Seeded } from '../time/seeded.ts'
import { hashOf } from '../time/seeded.ts'
import type { RequestFault } from '../wire/faults.ts'
import { Wire } from '../wire/wire.ts'
import { operatorNamespace } from '../world/manifest.ts'
import type { Traffic } from '../world/traffic.ts'
import type { Chronicle } from './chronicle.ts'
import { isLeaseWrite, LeaseView } from './lease-view.ts'
import type { ReplicaWeather } from './weather.ts'

export interface ReplicaOptions {
  index: number
  server: ApiServerLike
  clock: Clock
  random: Seeded
  weather: ReplicaWeather
  chronicle: Chronicle
  leaderElection: boolean
  traffic: Traffic
}

/** What befalls a write by its number; counted over all processes of a replica, without leases. */
export type WriteFault = (nth: number, moment: 'before' | 'after') => RequestFault | undefined

interface Running {
  identity: string
  clock: ProcessClock
  wire: Wire
  stop: AbortController
  ended: Promise<unknown>
}

interface LogRecord {
  level: number
  msg: string
  err?: { message: string; type: string }
}

/** A container that comes back, after a crash as after an exit, takes this long. */
export const restartMs = 1000

/** One replica of the operator's Deployment: processes, one after the other. */
export class Replica {
  readonly weather: ReplicaWeather
  readonly #options: ReplicaOptions
  #started = 0
  #running: Running | undefined
  /** Writes other than of leases that reached the server. */
  #writes = 0
  #wallOffsetMs = 0
  /** When a process of it last began, or ran again. */
  #steadySinceMs = 0
  #planned: WriteFault | undefined
  #isOver = false
  /** Asked about each write, besides what a plan says. */
  writeFault: WriteFault | undefined

  constructor(options: ReplicaOptions) {
    this.#options = options
    this.weather = options.weather
  }

  get writes(): number {
    return this.#writes
  }

  /** Since when a process of it runs; undefined while none does. */
  get steadySinceMs(): number | undefined {
    return this.#running === undefined || this.#running.clock.isFrozen ? undefined : this.#steadySinceMs
  }

  /** What was to go wrong at a write to come, does not. */
  forgetFaults(): void {
    this.#planned = undefined
    this.weather.clear()
  }

  start(): void {
    const { clock, random, server, chronicle, index, leaderElection, traffic } = this.#options
    this.#started += 1
    this.#steadySinceMs = clock.monotonicMs()
    const identity = `operator-${index}.${this.#started}`
    const processClock = new ProcessClock(clock)
    processClock.jumpWall(this.#wallOffsetMs)
    const lease = new LeaseView(identity)
    const wire = new Wire({
      upstream: server.client(`drainkeeper/${identity}`),
      clock,
      process: processClock,
      weather: this.weather,
      tap: {
        sent: (request) => {
          const nowMs = clock.monotonicMs()
          chronicle.line(nowMs, `${identity} > ${inWords(request)}`)
          if (request.method !== 'GET') {
            chronicle.sent.push({
              atMs: nowMs,
              process: identity,
              request,
              leads: !leaderElection || lease.leads(nowMs),
            })
          }
          lease.sent(request, nowMs)
        },
        heard: (request, outcome) => {
          chronicle.line(clock.monotonicMs(), `${identity} < ${outcome} ${request.verb} ${request.path}`)
          lease.heard(request, outcome)
        },
        atServer: (request, moment) => this.#atServer(request, moment),
      },
    })
    const stop = new AbortController()
    const operator = new Operator({
      transport: wire,
      clock: processClock,
      random: random.fork(identity).next,
      log: this.#logger(identity),
      metrics: new OperatorMetrics(),
      identity,
      leaseNamespace: operatorNamespace,
      leaderElection: this.#options.leaderElection,
      createSights: (parts) => {
        const ask = traffic.askOf(processClock, random.fork(`${identity} asks`))
        const monotonicMs = (): number => processClock.monotonicMs()
        const endpoints: Endpoints = {}
        return new RolloutSights({ ...parts, endpoints, listen: (_, pods) => new PodsEar({ pods, ask, monotonicMs }) })
      },
    })
    chronicle.line(clock.monotonicMs(), `${identity} starts`)
    const running: Running = { identity, clock: processClock, wire, stop, ended: operator.run(stop.signal) }
    this.#running = running
    running.ended.then(
      (outcome) => this.#exited(running, String(outcome)),
      (error: unknown) => this.#exited(running, `with ${String(error)}`),
    )
  }

  /** As SIGKILL does: nothing of it runs any more, though what it sent may still arrive. */
  kill(downMs: number): void {
    const running = this.#running
    if (running === undefined) return
    this.#options.chronicle.line(this.#options.clock.monotonicMs(), `${running.identity} killed`)
    this.#running = undefined
    running.clock.kill()
    running.wire.close()
    this.#options.clock.setTimeout(() => this.#restart(), downMs)
  }

  /** As SIGTERM does. */
  stop(): void {
    this.#running?.stop.abort()
  }

  /** As SIGKILL does, for good. */
  perish(): void {
    this.#isOver = true
    this.kill(Infinity)
  }

  /** As SIGTERM does, for good: what waits for an end gets one, and can be forgotten. */
  end(): void {
    this.#isOver = true
    this.stop()
  }

  freeze(forMs: number): void {
    const frozen = this.#running
    if (frozen === undefined) return
    frozen.clock.freeze()
    this.#options.clock.setTimeout(() => {
      this.#steadySinceMs = this.#options.clock.monotonicMs()
      frozen.clock.thaw()
    }, forMs)
  }

  jumpWall(byMs: number): void {
    this.#wallOffsetMs += byMs
    this.#running?.clock.jumpWall(byMs)
  }

  breakWatches(how: 'ended' | 'reset' | 'truncated'): void {
    this.#running?.wire.breakWatches(how)
  }

  /** The next write but `nth` ends the process, before or after it is stored. */
  crashAtWrite(nth: number, moment: 'before' | 'after', downMs: number): void {
    const at = this.#writes + nth
    this.#planned = (write, now) => {
      if (write !== at || now !== moment) return undefined
      this.#planned = undefined
      this.kill(downMs)
      return moment === 'before' ? 'reset' : undefined
    }
  }

  /** The next write but `nth` is stored, and its answer waits until the process runs again. */
  freezeAtWrite(nth: number, forMs: number): void {
    const at = this.#writes + nth
    this.#planned = (write, now) => {
      if (write !== at || now !== 'after') return undefined
      this.#planned = undefined
      this.freeze(forMs)
      return undefined
    }
  }

  #restart(): void {
    if (this.#running === undefined && !this.#isOver) this.start()
  }

  #exited(running: Running, how: string): void {
    const { clock, chronicle } = this.#options
    chronicle.line(clock.monotonicMs(), `${running.identity} exits: ${how}`)
    if (how.startsWith('with')) chronicle.rejections.push(`${running.identity} ended ${how}`)
    if (this.#running !== running) return
    running.clock.kill()
    running.wire.close()
    this.#running = undefined
    clock.setTimeout(() => this.#restart(), restartMs)
  }

  #atServer(request: TransportRequest, moment: 'before' | 'after'): RequestFault | undefined {
    if (request.method === 'GET' || isLeaseWrite(request)) return undefined
    const nth = this.#writes
    if (moment === 'after') this.#writes += 1
    const fault = this.#planned?.(nth, moment) ?? this.writeFault?.(nth, moment)
    if (moment === 'before' && fault === 'reset') this.#writes += 1
    return fault
  }

  #logger(identity: string): Logger {
    const { clock, chronicle } = this.#options
    const write = (line: string): void => {
      const { level, msg, err } = JSON.parse(line) as LogRecord
      const atMs = clock.monotonicMs()
      chronicle.logs.push({ atMs, process: identity, level, msg, error: err?.message, type: err?.type })
      chronicle.line(clock.monotonicMs(), `${identity} ${msg}${err === undefined ? '' : `: ${err.message}`}`)
    }
    return pino({ level: 'warn', base: null, timestamp: false }, { write })
  }
}

function inWords({ verb, path, query, body }: TransportRequest): string {
  const asked = query?.['watch'] === true ? ` from ${String(query['resourceVersion'] ?? 'now')}` : ''
  return `${verb} ${path}${asked}${body === undefined ? '' : ` ${hashOf(body).toString(36)}`}`
}
