import type { Cluster } from 'node:cluster'
import { observeListen } from '../adapters/listening.ts'
import { drainClusterWith } from '../cluster/drain-cluster.ts'
import { primaryVariable } from '../cluster/messages.ts'
import { drainWith } from '../drain.ts'
import type { DrainReport } from '../report/report.ts'
import type { Surroundings } from '../surroundings.ts'
import { HeldSignals } from './held-signals.ts'
import { adoptListening, register } from './registration.ts'

/**
 * Drains an application that knows nothing of it: every HTTP server of the process, from its listen() on, as one; and
 * a cluster, from its first fork() on. Without either nothing happens: no port is opened, and no signal is held.
 */
export function adoptApplication(process: NodeJS.Process, cluster: Cluster, surroundings: Surroundings): void {
  if (!register()) return
  const held = new HeldSignals(process, surroundings)
  const leaveRest = <Drained extends { drained: Promise<DrainReport> }>(drainer: Drained): Drained => {
    void drainer.drained.then(({ deadlineMs, finishedMs }) => {
      held.leaveWithinMs = deadlineMs - finishedMs
    })
    return drainer
  }
  observeListen((server) => {
    adoptListening(server, () => leaveRest(drainWith(held.surroundings, server)))
  })
  if (cluster.isPrimary)
    beforeFirstFork(cluster, () => {
      const coordinated = surroundings.environment[primaryVariable] === String(process.pid)
      if (!coordinated) leaveRest(drainClusterWith(held.surroundings, cluster))
    })
}

function beforeFirstFork(cluster: Cluster, prepare: () => void): void {
  const fork = cluster.fork.bind(cluster)
  cluster.fork = (environment) => {
    cluster.fork = fork
    prepare()
    return fork(environment)
  }
}
