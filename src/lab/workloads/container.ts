import type { LoadShape, Variant } from '../scenario.ts'

/** What the workload listens on; its name is `http` whatever it speaks. */
export const workloadPort = 8080

/**
 * The container of a workload as its owner would write it: a readiness probe, perhaps a sleep in preStop, nothing of
 * drainkeeper but the port of drain-server where the program has it.
 */
export function workloadContainer(variant: Variant, load: LoadShape, image: string): Record<string, unknown> {
  const { server, preStopSleepSeconds } = variant
  return {
    name: 'app',
    image,
    imagePullPolicy: 'IfNotPresent',
    ports: [
      { name: 'http', containerPort: workloadPort },
      ...(server === 'drained' ? [{ name: 'drain', containerPort: 9909 }] : []),
    ],
    readinessProbe: { ...readinessCheck(variant, load), periodSeconds: 1 },
    ...(preStopSleepSeconds === undefined
      ? {}
      : { lifecycle: { preStop: { sleep: { seconds: preStopSleepSeconds } } } }),
    // Without a request, a pod has next to no share of a processor that the whole cluster runs on.
    resources: { requests: { cpu: '100m', memory: '64Mi' } },
    env: [
      { name: 'SERVER', value: server },
      { name: 'PROTOCOL', value: load.protocol },
      // Until a policy says how long: a rehearsal has no time for the cautious default of 15 s.
      ...(server === 'drained' ? [{ name: 'DRAIN_DELAY_SECONDS', value: '2' }] : []),
      ...(load.serverConcurrency === undefined
        ? []
        : [{ name: 'SERVER_CONCURRENCY', value: String(load.serverConcurrency) }]),
      { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    ],
  }
}

/** Servers of HTTP/2 and gRPC answer no HTTP/1.1 check: that they accept a connection is all there is. */
function readinessCheck({ server }: Variant, { protocol }: LoadShape): Record<string, unknown> {
  if (server === 'drained') return { httpGet: { path: '/health/ready', port: 'drain' } }
  if (protocol === 'http' || protocol === 'websocket') return { httpGet: { path: '/health', port: 'http' } }
  return { tcpSocket: { port: 'http' } }
}
