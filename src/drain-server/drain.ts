import type { AddressInfo, Server as NetServer } from 'node:net'
import { adoptTarget } from './adapters/adapters.ts'
import { claim } from './adapters/adopted.ts'
import type { DrainTarget } from './adapters/drain-target.ts'
import { createAdminHandler } from './admin/admin-handler.ts'
import type { AdminHandler, AdminHandlerOptions } from './admin/admin-handler.ts'
import { createAdminServer } from './admin/admin-server.ts'
import { closeAdminPort, openAdminPort } from './admin/open-admin-port.ts'
import { inCluster } from './cluster/member.ts'
import { DrainError } from './errors.ts'
import { jsonLogger } from './logger.ts'
import { settle } from './options.ts'
import type { DrainOptions } from './options.ts'
import { DrainProcess } from './process/drain-process.ts'
import { checkIdleTimeout } from './process/idle-timeout.ts'
import type { DrainHook, HookOptions, StartHook } from './process/hooks.ts'
import type { Phase } from './process/phase.ts'
import { openProtocol } from './protocol/open-protocol.ts'
import { ProtocolGroup } from './protocol/protocol-group.ts'
import type { Protocol } from './protocol/protocol.ts'
import type { DrainReport } from './report/report.ts'
import { drainerFor, forget } from './register/registration.ts'
import { processSurroundings } from './surroundings.ts'
import type { Surroundings } from './surroundings.ts'
import { probeCheck } from './traffic/probe.ts'
import { Traffic } from './traffic/traffic.ts'

export interface Drainer {
  readonly state: Phase
  /** Aborted at the drain deadline (reason: DrainError ERR_DRAIN_DEADLINE), 100 ms before what is left is cut off. */
  readonly signal: AbortSignal
  /** Resolves with the report when the drain is over; a drain that is called off leaves it pending. Never rejects. */
  readonly drained: Promise<DrainReport>
  /** Where the admin server listens; undefined when there is none, or when it could not listen (see the log). */
  readonly adminAddress: Promise<AddressInfo | undefined>
  /**
   * Begins a drain; nothing else is needed for it to run to its end. The drain of a preStop call is not called off any
   * more.
   * @returns false when a drain is under way already
   */
  start(): boolean
  /**
   * Adopts another target of this process: both drain as one, with one report and one admin port.
   * @throws DrainError ERR_DRAIN_TARGET, ERR_DRAIN_ADOPTED
   */
  adopt(target: DrainTarget): void
  /**
   * Adds a hook that runs at drain start: it stops what brings work besides requests, such as a queue's consumer or a
   * timer, and may return a function that takes this back when the drain is called off. All of them are called at
   * once, lower orders first; requests do not wait for them, drain hooks do, and at the deadline those that have not
   * ended are abandoned, which makes the verdict forced. During a drain a hook that is added is called at once.
   * @returns a function that removes it
   * @throws DrainError ERR_DRAIN_OPTION
   */
  onStart(hook: StartHook, options?: HookOptions): () => void
  /**
   * Adds a hook that runs when the listener is closed and no request is left, before the report. One runs after the
   * other, lower orders first. A hook that throws is told in the report, and the next one runs. So does one that takes
   * too long, and it makes the verdict forced: what it was to close may have lost something.
   * @returns a function that removes it
   * @throws DrainError ERR_DRAIN_OPTION
   */
  onDrain(hook: DrainHook, options?: HookOptions): () => void
  /** Prometheus text, as at `/metrics`: for an application that has a metrics endpoint of its own. */
  metrics(): string
  /**
   * Health, admin and metrics for a server of the application's own, besides the admin port or instead of it
   * (`admin: false`). `/admin/*` is answered only when a token is set, since others than kubelet reach such a server.
   */
  adminHandler(options?: AdminHandlerOptions): AdminHandler
  /** Lets go of the servers, the signals and the admin port without draining. For tests. */
  release(): Promise<void>
}

/**
 * Adopts a server, or a framework's application: it drains on SIGTERM, SIGINT, or a call of `/admin/drain`, then the
 * process exits. Call it right after the server is made; a connection from before is only known once it brings a
 * request.
 *
 * A process has one drain: a further call adopts its target into it, as adopt() does, and goes by the first one's options.
 * Only with `signals: []` a drain is one of its own.
 *
 * @throws DrainError ERR_DRAIN_OPTION, ERR_DRAIN_TARGET, ERR_DRAIN_ADOPTED
 */
export function drain(target: DrainTarget, options: DrainOptions = {}): Drainer {
  const open = (): Drainer => drainWith(inCluster(processSurroundings), target, options)
  return options.signals?.length === 0 ? open() : drainerFor(target, open)
}

/** drain() with the process's parts passed in. */
export function drainWith(surroundings: Surroundings, target: object, options: DrainOptions = {}): Drainer {
  const { clock, environment, coordinator } = surroundings
  const settings = settle({ ...options, ...coordinator?.options }, environment)
  const logger = options.logger ?? jsonLogger((line) => surroundings.writeStderr(line))
  const traffic = new Traffic(clock)
  const isProbe = probeCheck(options.isProbe)
  const context = { traffic, clock, idleGraceMs: settings.idleGraceMs, isProbe, logger }
  const protocols = new ProtocolGroup()
  const drainProcess = new DrainProcess(settings, protocols, traffic, surroundings, logger)
  const claims: (() => void)[] = []
  const adoptServer = (server: NetServer, clientsRepeat = false): void => {
    const unclaim = claim(server, () => drainProcess.takesClosing())
    const twoPhaseOverTls = settings.twoPhaseOverTls ?? !clientsRepeat
    const protocol = openProtocol(server, { ...context, twoPhaseOverTls })
    if (protocol === undefined) {
      unclaim()
      throw new DrainError('ERR_DRAIN_TARGET', 'drain() needs a server of node:http, node:https or node:http2')
    }
    claims.push(unclaim)
    protocols.add(protocol)
    const { loadBalancerIdleTimeoutSeconds } = settings
    if (loadBalancerIdleTimeoutSeconds !== undefined) checkIdleTimeout(server, loadBalancerIdleTimeoutSeconds, logger)
  }
  const onDrain = (hook: DrainHook, hookOptions?: HookOptions): (() => void) =>
    drainProcess.addDrainHook(hook, hookOptions)
  const join = (member: Protocol): void => protocols.add(member)
  const adopt = (target: object): void => adoptTarget(target, { adopt: adoptServer, join, onDrain, clock })
  adopt(target)
  const forgetSignals = settings.signals.map((signal) =>
    surroundings.onSignal(signal, () => drainProcess.receiveSignal(signal)),
  )
  coordinator?.attend(drainProcess)
  const adminServer = settings.admin && createAdminServer(drainProcess, settings.adminToken)
  const drainer: Drainer = {
    get state() {
      return drainProcess.state
    },
    signal: drainProcess.signal,
    drained: drainProcess.drained,
    adminAddress:
      adminServer && settings.admin ? openAdminPort(adminServer, settings.admin, logger) : Promise.resolve(undefined),
    start: () => drainProcess.begin('call'),
    adopt,
    onStart: (hook, hookOptions) => drainProcess.addStartHook(hook, hookOptions),
    onDrain,
    metrics: () => drainProcess.metrics(),
    adminHandler: (handlerOptions) => createAdminHandler(drainProcess, settings.adminToken, handlerOptions),
    async release() {
      forget(drainer)
      for (const forget of forgetSignals) forget()
      drainProcess.release()
      protocols.release()
      for (const unclaim of claims) unclaim()
      await closeAdminPort(adminServer)
    },
  }
  return drainer
}
