import { once } from 'node:events'
import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { drainWith } from '../../src/drain-server/drain.ts'
import type { Drainer } from '../../src/drain-server/drain.ts'
import type { DrainOptions, Logger } from '../../src/drain-server/index.ts'
import { systemClock } from '../../src/drain-server/clock.ts'
import type { Clock } from '../../src/drain-server/clock.ts'
import type { WatchdogOptions } from '../../src/drain-server/watchdog/watchdog.ts'
import { certificate, privateKey } from './certificate.ts'
import { RawClient } from './raw-client.ts'
import { serve } from './workload.ts'

export interface LogEntry {
  level: 'info' | 'warn' | 'error'
  message: string
  [field: string]: unknown
}

export interface Stage {
  server: Server
  port: number
  drainer: Drainer
  adminUrl: string
  log: LogEntry[]
  exits: number[]
  stdout: string[]
  /** Those that watch now. */
  watchdogs: Set<WatchdogOptions>
  signal(name: NodeJS.Signals): void
  /** Throws where nobody catches; false when a process would have crashed of it. */
  throwUncaught(error: unknown): boolean
  connect(): Promise<RawClient>
}

export interface StageOptions extends DrainOptions {
  /** @default the system's */
  clock?: Clock
  tls?: boolean
  handler?: RequestListener
  environment?: NodeJS.ProcessEnv
  prepare?: (server: Server) => void
}

/** A server in this process, adopted with the process's own parts replaced: signals, exit and stdout are recorded. */
export async function stage({
  tls,
  handler,
  environment,
  prepare,
  clock = systemClock,
  ...options
}: StageOptions = {}): Promise<Stage> {
  const listener: RequestListener =
    handler ?? ((request, response) => void serve(request, response).catch(() => response.destroy()))
  const server: Server = tls
    ? createTlsServer({ key: privateKey, cert: certificate }, listener)
    : createServer(listener)
  prepare?.(server)
  const signals = new Map<string, () => void>()
  const uncaught = new Set<(error: unknown) => void>()
  const watchdogs = new Set<WatchdogOptions>()
  const log: LogEntry[] = []
  const exits: number[] = []
  const stdout: string[] = []
  const drainer = drainWith(
    {
      clock,
      environment: environment ?? {},
      onSignal(name, listener) {
        signals.set(name, listener)
        return () => signals.delete(name)
      },
      onUncaughtError(listener) {
        uncaught.add(listener)
        return () => uncaught.delete(listener)
      },
      startWatchdog(options) {
        watchdogs.add(options)
        return { stop: () => void watchdogs.delete(options) }
      },
      exit: (code) => exits.push(code),
      writeStdout(line) {
        stdout.push(line)
        return Promise.resolve()
      },
      writeStderr: () => undefined,
    },
    server,
    {
      admin: { port: 0, host: '127.0.0.1' },
      delaySeconds: 0,
      idleGraceMs: 50,
      terminationMessagePath: false,
      logger: recordingLogger(log),
      ...options,
    },
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const adminAddress = await drainer.adminAddress
  const clients: RawClient[] = []
  onTestFinished(async () => {
    for (const client of clients) client.socket.destroy()
    await drainer.release()
    server.close()
    server.closeAllConnections()
  })
  return {
    server,
    port,
    drainer,
    adminUrl: `http://127.0.0.1:${adminAddress?.port}`,
    log,
    exits,
    stdout,
    watchdogs,
    signal: (name) => signals.get(name)?.(),
    throwUncaught(error) {
      for (const listener of uncaught) listener(error)
      return uncaught.size > 0
    },
    async connect() {
      const client = await (tls ? RawClient.connectTls(port) : RawClient.connect(port))
      clients.push(client)
      return client
    },
  }
}

/** A logger that keeps what it is told. */
export function recordingLogger(log: LogEntry[]): Logger {
  const at = (level: LogEntry['level']) => (fields: Record<string, unknown>, message: string) =>
    void log.push({ level, message, ...fields })
  return { info: at('info'), warn: at('warn'), error: at('error') }
}
