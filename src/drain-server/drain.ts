import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdminServer } from './admin-server.ts'
import { DrainProcess } from './drain-process.ts'
import type { DrainHook } from './hooks.ts'
import { Http1Protocol } from './http1/http1-protocol.ts'
import { settle } from './options.ts'
import type { DrainOptions, LogEntry } from './options.ts'
import type { Phase } from './phase.ts'
import type { DrainReport } from './report.ts'
import { processSurroundings } from './surroundings.ts'
import type { Surroundings } from './surroundings.ts'
import { Traffic } from './traffic.ts'

export interface Drainer {
  readonly state: Phase
  /** Aborted at the drain deadline (reason: DrainError ERR_DRAIN_DEADLINE), 100 ms before what is left is cut off. */
  readonly signal: AbortSignal
  /** Resolves with the report when the drain is over; a drain that is called off leaves it pending. Never rejects. */
  readonly drained: Promise<DrainReport>
  /** Where the admin server listens; undefined when there is none, or when it could not listen (see the log). */
  readonly adminAddress: Promise<AddressInfo | undefined>
  /**
   * Begins a drain; nothing else is needed for it to run to its end.
   * @returns false when a drain is under way already
   */
  start(): boolean
  /**
   * Adds a hook that runs when the listener is closed and no request is left, before the report.
   * @returns a function that removes it
   */
  onDrain(hook: DrainHook): () => void
  /** Prometheus text, as at `/metrics`: for an application that has a metrics endpoint of its own. */
  metrics(): string
  /** Lets go of the server, the signals and the admin port without draining. For tests. */
  release(): Promise<void>
}

/**
 * Adopts an HTTP/1.1 server: it drains on SIGTERM, SIGINT, or a call of `/admin/drain`, then the process exits.
 * Call it right after the server is made; a connection from before is only known once it brings a request.
 *
 * @throws DrainError ERR_DRAIN_OPTION
 */
export function drain(server: Server, options: DrainOptions = {}): Drainer {
  return drainWith(processSurroundings, server, options)
}

/** drain() with the process's parts passed in. */
export function drainWith(surroundings: Surroundings, server: Server, options: DrainOptions = {}): Drainer {
  const { clock, environment } = surroundings
  const settings = settle(options, environment)
  const log = options.log ?? ((entry: LogEntry) => surroundings.writeStderr(`${JSON.stringify(entry)}\n`))
  const traffic = new Traffic(clock)
  const protocol = new Http1Protocol(server, traffic, clock, settings.idleGraceMs)
  const drainProcess = new DrainProcess(settings, protocol, traffic, surroundings, log)
  const forgetSignals = settings.signals.map((signal) =>
    surroundings.onSignal(signal, () => drainProcess.receiveSignal(signal)),
  )
  const adminServer = settings.admin && createAdminServer(drainProcess, settings.admin.token)
  return {
    get state() {
      return drainProcess.state
    },
    signal: drainProcess.signal,
    drained: drainProcess.drained,
    adminAddress: adminServer && settings.admin ? listen(adminServer, settings.admin, log) : Promise.resolve(undefined),
    start: () => drainProcess.begin('call'),
    onDrain: (hook) => drainProcess.addHook(hook),
    metrics: () => drainProcess.metrics(),
    async release() {
      for (const forget of forgetSignals) forget()
      protocol.release()
      if (adminServer === false || !adminServer.listening) return
      adminServer.close()
      adminServer.closeAllConnections()
      await once(adminServer, 'close')
    },
  }
}

/** An admin port that is taken must not take the application down: kubelet's probes will tell. */
async function listen(
  server: Server,
  address: { port: number; host: string | undefined },
  log: (entry: LogEntry) => void,
): Promise<AddressInfo | undefined> {
  try {
    server.listen(address.port, address.host)
    await once(server, 'listening')
    return server.address() as AddressInfo
  } catch (error) {
    log({ level: 'error', message: 'the admin port cannot be opened', ...address, error: String(error) })
    return undefined
  }
}
