/**
 * A service under test.
 *
 * | environment | meaning | default |
 * |---|---|---|
 * | SERVER | how it ends: `exit-at-once`, `close-at-once`, `drained` (see scenario.ts) | close-at-once |
 * | PROTOCOL | `http`, `http2`, `grpc-unary`, `grpc-stream`, `websocket` | http |
 * | PORT | what it listens on; 0 takes a free one | 8080 |
 * | POD_NAME | the name that answers give | HOSTNAME |
 * | SERVER_CONCURRENCY | how many requests it works on at a time; more wait | no limit |
 * | ERROR_RATE | over HTTP: the share of work that is answered with 500 | 0 |
 * | ERROR_ABOVE | it fails only while more requests than this come in a second | 0 |
 * | LEAK_MIB_PER_SECOND | what it takes and never gives back | 0 |
 *
 * Prints one JSON line when it listens. With SERVER=drained, health and the preStop hook are on drain-server's port.
 */
import { drain } from 'drain-server'
import type { Protocol } from '../scenario.ts'
import type { Application } from './answer.ts'
import { Faults } from './faults.ts'
import { readSettings } from './settings.ts'
import { WorkQueue } from './work-queue.ts'
import type { Workload } from './workload.ts'

/** When `close-at-once` gives up on connections that do not end. */
const FORCED_EXIT_MS = 30_000

/** Only what is spoken is loaded: a pod is a small process. */
async function create(protocol: Protocol, application: Application): Promise<Workload> {
  if (protocol === 'http2') return (await import('./http2-workload.ts')).http2Workload(application)
  if (protocol === 'websocket') return (await import('./websocket-workload.ts')).websocketWorkload(application)
  if (protocol === 'http') return (await import('./http-workload.ts')).httpWorkload(application)
  return (await import('./grpc-workload.ts')).grpcWorkload(application)
}

const { server, protocol, port, pod, concurrency, faults } = readSettings(process.env)
const application: Application = {
  pod,
  queue: new WorkQueue(concurrency),
  faults: new Faults(faults),
  shuttingDown: false,
}
const workload = await create(protocol, application)

if (server === 'drained') drain(workload.target)
// As process 1 of a container, a program without a handler is not even ended by SIGTERM, which an init would do for it.
else if (server === 'exit-at-once' && process.pid === 1) process.once('SIGTERM', () => process.exit(143))
else if (server === 'close-at-once') {
  process.once('SIGTERM', () => {
    application.shuttingDown = true
    setTimeout(() => process.exit(1), FORCED_EXIT_MS)
    void workload.close().then(() => process.exit(0))
  })
}

application.faults.leak()
console.log(JSON.stringify({ listening: await workload.listen(port), server, protocol, pod }))
