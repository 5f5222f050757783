import cluster from 'node:cluster'
import { subscribe } from 'node:diagnostics_channel'
import type { DrainProcess } from '../process/drain-process.ts'
import { drainChannels } from '../report/channels.ts'
import type { PhaseMessage } from '../report/channels.ts'
import type { DrainReport } from '../report/report.ts'
import type { Surroundings } from '../surroundings.ts'
import { envelope, orderIn, primaryVariable } from './messages.ts'
import type { News, Order } from './messages.ts'

/** The part of a worker's process that reaches its primary. */
export interface Channel {
  send?: ((message: unknown, done: (error: Error | null) => void) => unknown) | undefined
  on(event: 'message', listener: (received: unknown) => void): unknown
}

/** The surroundings of this process: in a worker of a cluster that drainCluster() coordinates, those of a member. */
export function inCluster(surroundings: Surroundings): Surroundings {
  const coordinated = cluster.isWorker && surroundings.environment[primaryVariable] === String(process.ppid)
  return coordinated ? memberSurroundings(surroundings, process) : surroundings
}

/**
 * A worker's drain begins when its primary says so, and its report goes to the primary. Signals that come to the
 * worker itself were sent to the whole group (Ctrl-C): the primary has got them, too.
 */
export function memberSurroundings(surroundings: Surroundings, channel: Channel): Surroundings {
  const tell = (news: News): Promise<void> =>
    new Promise((resolve) => {
      if (channel.send === undefined) resolve()
      else channel.send(envelope(news), () => resolve())
    })
  return {
    ...surroundings,
    onSignal: (signal) => surroundings.onSignal(signal, () => undefined),
    writeStdout: (line) => tell({ kind: 'report', report: JSON.parse(line) as DrainReport }),
    coordinator: {
      options: { admin: false, terminationMessagePath: false, stdout: true },
      attend(member) {
        channel.on('message', (received) => {
          const order = orderIn(received)
          if (order !== undefined) obey(order, member, tell)
        })
        subscribe(drainChannels.phase, (message) => {
          void tell({ kind: 'phase', phase: (message as PhaseMessage).phase })
        })
        void tell({ kind: 'joined' })
      },
    },
  }
}

function obey(order: Order, member: DrainProcess, tell: (news: News) => Promise<void>): void {
  switch (order.kind) {
    case 'drain':
      member.begin(order.trigger, order.terms)
      break
    case 'signal':
      member.receiveSignal(order.signal)
      break
    case 'metrics':
      void tell({ kind: 'metrics', question: order.question, text: member.metrics() })
      break
  }
}
