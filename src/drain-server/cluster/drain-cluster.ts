import cluster from 'node:cluster'
import type { Cluster } from 'node:cluster'
import type { AddressInfo } from 'node:net'
import { closeAdminPort, openAdminPort } from '../admin/open-admin-port.ts'
import { createAdminServer } from '../admin/admin-server.ts'
import { DrainError } from '../errors.ts'
import { jsonLogger } from '../logger.ts'
import { settle } from '../options.ts'
import type { DrainOptions } from '../options.ts'
import type { Phase } from '../process/phase.ts'
import type { DrainReport } from '../report/report.ts'
import { processSurroundings } from '../surroundings.ts'
import type { Surroundings } from '../surroundings.ts'
import { Coordinator } from './coordinator.ts'
import { primaryVariable } from './messages.ts'

export interface ClusterDrainer {
  /** As far as the last of the workers is. */
  readonly state: Phase
  /** Resolves with the report on all workers when none is left. Never rejects. */
  readonly drained: Promise<DrainReport>
  /** Where the admin server listens; undefined when there is none, or when it could not listen (see the log). */
  readonly adminAddress: Promise<AddressInfo | undefined>
  /**
   * Begins a drain; nothing else is needed for it to run to its end.
   * @returns false when a drain is under way already
   */
  start(): boolean
  /** Prometheus text for all workers together, as at `/metrics`; a worker that does not answer in 1 s is left out. */
  metrics(): Promise<string>
  /** Lets go of the signals and the admin port without draining. For tests. */
  release(): Promise<void>
}

/**
 * Coordinates the drain of a cluster from its primary, before it forks. Each worker calls drain(server) as ever: it
 * opens no admin port, leaves signals to the primary, and sends its report here. The primary has the admin port and
 * writes one report for all. It is ready when a worker listens and no drain has begun.
 *
 * A worker that does not call drain() is disconnected when the drain delay is over, and killed at the end of the grace
 * period. While the cluster drains, `cluster.on('exit')` and `cluster.on('disconnect')` are silent, so that the
 * application forks no new workers; one that listens to `worker.on('exit')` must ask `drainer.state` first.
 *
 * Options that concern requests (idleGraceMs, isProbe) are those of the workers. Terms are best given by environment
 * variables or a contract file, which primary and workers both read.
 *
 * @throws DrainError ERR_DRAIN_OPTION; ERR_DRAIN_TARGET in a process that is no primary
 */
export function drainCluster(options: DrainOptions = {}): ClusterDrainer {
  return drainClusterWith(processSurroundings, cluster, options)
}

/** drainCluster() with the process's parts passed in. */
export function drainClusterWith(
  surroundings: Surroundings,
  cluster: Cluster,
  options: DrainOptions = {},
): ClusterDrainer {
  if (!cluster.isPrimary)
    throw new DrainError('ERR_DRAIN_TARGET', 'drainCluster() is for the primary; workers call drain()')
  const { environment } = surroundings
  const settings = settle(options, environment)
  const logger = options.logger ?? jsonLogger((line) => surroundings.writeStderr(line))
  const coordinator = new Coordinator(cluster, settings, surroundings, logger)
  environment[primaryVariable] = String(process.pid)
  const forgetSignals = settings.signals.map((signal) =>
    surroundings.onSignal(signal, () => coordinator.receiveSignal(signal)),
  )
  const adminServer = settings.admin && createAdminServer(coordinator, settings.adminToken)
  return {
    get state() {
      return coordinator.state
    },
    drained: coordinator.drained,
    adminAddress:
      adminServer && settings.admin ? openAdminPort(adminServer, settings.admin, logger) : Promise.resolve(undefined),
    start: () => coordinator.begin('call'),
    metrics: () => coordinator.metrics(),
    async release() {
      for (const forget of forgetSignals) forget()
      coordinator.release()
      Reflect.deleteProperty(environment, primaryVariable)
      await closeAdminPort(adminServer)
    },
  }
}
