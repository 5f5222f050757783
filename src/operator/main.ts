/** The operator's program: reads its options, connects, serves health and metrics, runs until it is told to stop. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { hostname } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import { pino } from 'pino'
import { collectDefaultMetrics } from 'prom-client'
import { drain } from '../drain-server/index.ts'
import { loadClusterConfig } from '../kube/client-node.ts'
import { createUndiciTransport, systemClock } from '../kube/index.ts'
import { createHealthServer } from './health-server.ts'
import { OperatorMetrics } from './metrics.ts'
import { Operator } from './operator.ts'
import { readEndpoints } from './pace/endpoints-file.ts'
import { RolloutSights } from './pace/rollout-sights.ts'

interface Options {
  namespace?: string
  kubeconfig?: string
  port: number
  leaderElection: boolean
  logLevel: string
  endpoints?: string
  podsOnLoopback: boolean
}

const command = new Command('drainkeeper-operator')
  .description('Measures endpoint propagation, computes drain contracts and delivers them, as DrainPolicies ask.')
  .addOption(new Option('--namespace <name>', 'watch only this namespace (default: all)').env('WATCH_NAMESPACE'))
  .addOption(new Option('--kubeconfig <path>', 'cluster to use (default: $KUBECONFIG, or the pod it runs in)'))
  .addOption(
    new Option('--port <number>', 'port of /metrics, /healthz and /readyz').default(8080).env('PORT').argParser(port),
  )
  .addOption(new Option('--no-leader-election', 'write without holding the lease: only where one process runs'))
  .addOption(
    new Option('--endpoints <file>', 'YAML of the Prometheus servers that policies may name (default: none)').env(
      'ENDPOINTS_FILE',
    ),
  )
  .addOption(
    new Option('--pods-on-loopback', 'ask pods for their metrics also at addresses of this machine').default(
      process.env['PODS_ON_LOOPBACK'] === 'true',
      'false, or $PODS_ON_LOOPBACK',
    ),
  )
  .addOption(
    new Option('--log-level <level>', 'how much to log')
      .choices(['trace', 'debug', 'info', 'warn', 'error'])
      .default('info')
      .env('LOG_LEVEL'),
  )

function port(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 0 || number > 65_535)
    throw new InvalidArgumentError('write a port from 0 to 65535.')
  return number
}

async function main(options: Options): Promise<void> {
  const startedMs = performance.now()
  const log = pino({ level: options.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime })
  const metrics = new OperatorMetrics()
  collectDefaultMetrics({ register: metrics.registry })
  const clock = systemClock
  const endpoints = options.endpoints === undefined ? {} : readEndpoints(options.endpoints)
  if (endpoints === undefined) log.warn({ file: options.endpoints }, 'no such file of endpoints: none are known')
  const config = loadClusterConfig({
    clock,
    ...(options.kubeconfig === undefined ? {} : { kubeconfig: options.kubeconfig }),
  })
  const transport = createUndiciTransport({
    access: config.access,
    clock,
    observe: (seen) => metrics.observeRequest(seen),
  })
  const pod = process.env['POD_NAME'] ?? hostname()
  const operator = new Operator({
    transport,
    clock,
    log,
    metrics,
    identity: `${pod}_${randomBytes(4).toString('hex')}`,
    leaseNamespace: process.env['POD_NAMESPACE'] ?? config.namespace,
    leaderElection: options.leaderElection,
    createSights: (parts) =>
      new RolloutSights({ ...parts, endpoints: endpoints ?? {}, podsOnLoopback: options.podsOnLoopback }),
    ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
  })

  const server = createHealthServer(metrics.registry, { live: () => true, ready: () => operator.synced })
  const stop = new AbortController()
  const drainer = drain(server, {
    admin: false,
    delaySeconds: 1,
    graceSeconds: 25,
    stdout: false,
    logger: log,
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort())
  server.listen(options.port)
  await once(server, 'listening')
  const startUpMs = Math.round(process.uptime() * 1000)
  log.info({ server: config.server, port: options.port, startUpMs, importMs: Math.round(startedMs) }, 'started')

  const running = operator.run(stop.signal)
  // The exit waits for the last write, the lease's release and the last event: whoever drains others drains itself.
  drainer.onDrain(async () => {
    await running
    await transport.close()
  })
  const outcome = await running
  if (!stop.signal.aborted) {
    log.error({ outcome }, 'leadership lost: exiting, so that nothing is written by two')
    process.exit(1)
  }
}

try {
  await main(command.parse().opts<Options>())
} catch (error) {
  console.error(`drainkeeper-operator: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}
