import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import type { DrainError, DrainOptions, DrainReport } from '../../../src/drain-server/index.ts'
import { settle } from '../../../src/drain-server/options.ts'
import { DrainProcess } from '../../../src/drain-server/process/drain-process.ts'
import type { Loss, Protocol } from '../../../src/drain-server/protocol/protocol.ts'
import { Traffic } from '../../../src/drain-server/traffic/traffic.ts'
import type { WatchdogOptions } from '../../../src/drain-server/watchdog/watchdog.ts'
import { recordingLogger } from '../in-process.ts'
import type { LogEntry } from '../in-process.ts'
import { VirtualClock } from '../virtual-clock.ts'

/** What a report says of a drain that lost nothing. */
export const clean = { verdict: 'clean', exitCode: 0 }

/** A protocol whose connections are gone when the test says so. */
export class ScriptedProtocol implements Protocol {
  readonly calls: string[] = []
  readonly loss: Loss = { connections: 0, requests: 0 }
  /** What force() loses, on top. */
  left: Loss = { connections: 0, requests: 0 }
  readonly #gone = Promise.withResolvers<void>()

  gone(): void {
    this.#gone.resolve()
  }
  shed(): void {
    this.calls.push('shed')
  }
  keep(): void {
    this.calls.push('keep')
  }
  async closeListener(): Promise<void> {
    this.calls.push('closeListener')
  }
  settle(): Promise<void> {
    this.calls.push('settle')
    return this.#gone.promise
  }
  abort(reason: DrainError): void {
    this.calls.push(`abort ${reason.code}`)
  }
  force(): void {
    this.calls.push('force')
    this.loss.connections += this.left.connections
    this.loss.requests += this.left.requests
    this.#gone.resolve()
  }
  release(): void {
    this.calls.push('release')
  }
}

/** A drain process on a virtual clock, with everything around it recorded. */
export class Rehearsal {
  readonly clock = new VirtualClock()
  readonly protocol = new ScriptedProtocol()
  readonly traffic = new Traffic(this.clock)
  readonly log: LogEntry[] = []
  readonly exits: number[] = []
  readonly stdout: string[] = []
  readonly watchdogs = new Set<WatchdogOptions>()
  readonly errorListeners = new Set<(error: unknown) => void>()
  readonly messagePath = join(mkdtempSync(join(tmpdir(), 'drain-process-')), 'message')
  readonly process: DrainProcess
  /** Whether somebody reads stdout. */
  stdoutIsRead = true

  constructor(options: DrainOptions = {}, environment: NodeJS.ProcessEnv = {}) {
    const settings = settle({ terminationMessagePath: this.messagePath, ...options }, environment)
    const surroundings = {
      clock: this.clock,
      environment,
      onSignal: () => () => undefined,
      onUncaughtError: (listener: (error: unknown) => void) => {
        this.errorListeners.add(listener)
        return () => void this.errorListeners.delete(listener)
      },
      startWatchdog: (watchdog: WatchdogOptions) => {
        this.watchdogs.add(watchdog)
        return { stop: () => void this.watchdogs.delete(watchdog) }
      },
      exit: (code: number) => void this.exits.push(code),
      writeStdout: (line: string) => {
        this.stdout.push(line)
        return this.stdoutIsRead ? Promise.resolve() : new Promise<void>(() => undefined)
      },
      writeStderr: () => undefined,
    }
    this.process = new DrainProcess(settings, this.protocol, this.traffic, surroundings, recordingLogger(this.log))
  }

  /** So many new connections, evenly over the last minute, each with a request. */
  serveBefore(connections: number): void {
    this.traffic.listen()
    for (let count = 0; count < connections; count += 1) {
      this.clock.advance(60_000 / connections)
      this.arrive()
    }
  }

  /** A new connection comes, and brings a request. */
  arrive(): void {
    this.traffic.arrive({ acceptedAtMs: this.clock.nowMs() }, true)
  }

  /** Time passes, and everything that waits for promises gets its turn. */
  async passes(durationMs: number): Promise<void> {
    const stepMs = 50
    await turn()
    this.clock.advance(0)
    await turn()
    for (let leftMs = durationMs; leftMs > 0; leftMs -= stepMs) {
      this.clock.advance(Math.min(stepMs, leftMs))
      await turn()
    }
  }

  throwUncaught(error: unknown): void {
    for (const listener of this.errorListeners) listener(error)
  }

  /** The report as kubelet finds it. */
  get message(): DrainReport {
    return JSON.parse(readFileSync(this.messagePath, 'utf8'))
  }

  get warnings(): string[] {
    return this.log.filter(({ level }) => level === 'warn').map(({ message }) => message)
  }
}
