import { connect } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Balancer } from './balancer.ts'
import { ghz, goClient, pythonClient } from './clients.ts'
import type { GoMode } from './clients.ts'
import { roll, startBackends } from './rolling.ts'
import type { Backend, Routing } from './rolling.ts'
import type { Ending } from './servers/application.ts'
import type { Counts, Measured, Stage, Trial } from './trial.ts'

type Client = (stage: Stage, target: string, backends: readonly Backend[]) => Promise<Counts>

const servers = join(import.meta.dirname, 'servers')

export function nodeServer(file: 'http.ts' | 'grpc.ts', ending: Ending, ...more: string[]) {
  return (port: number) => [process.execPath, join(servers, file), `${port}`, ending, ...more]
}

/** The client sends through the balancer, or to both backends by itself, while they are ended in turn. */
async function behindBalancer(
  stage: Stage,
  commandFor: (port: number) => readonly string[],
  client: Client,
  { isReady, endAfterMs }: { isReady?: (port: number) => Promise<void>; endAfterMs?: number } = {},
): Promise<Measured> {
  const backends = await startBackends(stage.processes, commandFor, isReady)
  const balancer = await Balancer.listen(backends.map(({ port }) => port))
  try {
    const counts = client(stage, balancer.address, backends)
    await sleep(500)
    return await rollUnder(stage, counts, backends, balancer, endAfterMs)
  } finally {
    balancer.close()
    for (const { running } of backends) running.kill()
  }
}

/** Rolls the backends for as long as the client sends. */
export async function rollUnder(
  stage: Stage,
  counts: Promise<Counts>,
  backends: readonly Backend[],
  routing: Routing,
  endAfterMs?: number,
): Promise<Measured> {
  // Half a second is over already, and another is left for what the last drain brings.
  const untilMs = performance.now() + (stage.seconds - 1) * 1000
  const [measured, rolled] = await Promise.all([counts, roll(stage.processes, backends, routing, untilMs, endAfterMs)])
  return { ...measured, ...rolled }
}

function grpcTrial(client: string, send: Client, ending: Ending): Trial {
  return {
    name: `${client} -> grpc-js, ${ending}`,
    group: 'grpc',
    expected: ending === 'drain-server' ? 'nothing lost' : 'something lost',
    run: (stage) => behindBalancer(stage, nodeServer('grpc.ts', ending), send),
  }
}

const throughBalancer: Client = (stage, target) => ghz(stage, target)
const roundRobin =
  (mode: GoMode): Client =>
  (stage, _target, backends) =>
    goClient(
      stage,
      mode,
      backends.map(({ port }) => `127.0.0.1:${port}`),
    )

export const grpcTrials: readonly Trial[] = [
  grpcTrial('ghz', throughBalancer, 'drain-server'),
  grpcTrial('ghz', throughBalancer, 'tryShutdown'),
  grpcTrial('ghz', throughBalancer, 'forceShutdown'),
  grpcTrial('grpc-go round_robin, unary', roundRobin('grpc'), 'drain-server'),
  grpcTrial('grpc-go round_robin, unary', roundRobin('grpc'), 'forceShutdown'),
  grpcTrial('grpc-go round_robin, streams', roundRobin('grpc-stream'), 'drain-server'),
  grpcTrial('grpc-go round_robin, streams', roundRobin('grpc-stream'), 'forceShutdown'),
]

function httpTrial(mode: GoMode, ending: Ending, repeatable: boolean, expected: Trial['expected']): Trial {
  return {
    name: `Go net/http, ${repeatable ? 'repeatable ' : ''}POST, ${mode} -> node, ${ending}`,
    group: 'http',
    expected,
    run: (stage) =>
      behindBalancer(stage, nodeServer('http.ts', ending, mode), (stage, target) =>
        goClient(stage, mode, [target], { repeatable }),
      ),
  }
}

export const httpTrials: readonly Trial[] = [
  httpTrial('http1', 'drain-server', false, 'nothing lost'),
  httpTrial('http1', 'close', false, 'told'),
  httpTrial('h2c', 'drain-server', false, 'nothing lost'),
  httpTrial('h2c', 'close', false, 'told'),
  httpTrial('h2', 'drain-server', true, 'nothing lost'),
  httpTrial('h2', 'drain-server', false, 'nothing lost'),
  httpTrial('h2', 'close', true, 'told'),
]

function pythonTrial(mode: 'requests' | 'httpx' | 'httpx-h2', ending: Ending): Trial {
  const protocol = mode === 'httpx-h2' ? 'h2c' : 'http1'
  return {
    name: `Python ${mode}, POST -> node, ${ending}`,
    group: 'python',
    // httpcore's HTTP/2 fails within itself (KeyError) when several threads meet a GOAWAY on one connection.
    expected: mode === 'httpx-h2' ? 'told' : ending === 'drain-server' ? 'nothing lost' : 'something lost',
    run: (stage) =>
      behindBalancer(stage, nodeServer('http.ts', ending, protocol), (stage, target) =>
        pythonClient(stage, mode, target),
      ),
  }
}

/** What a good server of another language does in the same place. */
function gunicornTrial(name: string, endAfterMs: number): Trial {
  return {
    name: `Go net/http, POST, http1 -> gunicorn, ${name}`,
    group: 'python',
    expected: 'told',
    run: (stage) =>
      behindBalancer(
        stage,
        (port) => [
          join(stage.python, 'gunicorn'),
          '--chdir',
          join(import.meta.dirname, 'python'),
          '--bind',
          `127.0.0.1:${port}`,
          '--log-level',
          'error',
          '--worker-class',
          'gthread',
          '--threads',
          '40',
          '--keep-alive',
          '5',
          '--graceful-timeout',
          '10',
          'application',
        ],
        (stage, target) => goClient(stage, 'http1', [target]),
        { isReady: accepts, endAfterMs },
      ),
  }
}

export const pythonTrials: readonly Trial[] = [
  pythonTrial('requests', 'drain-server'),
  pythonTrial('requests', 'close'),
  pythonTrial('httpx', 'drain-server'),
  pythonTrial('httpx-h2', 'drain-server'),
  gunicornTrial('SIGTERM at once', 0),
  gunicornTrial('SIGTERM after a sleep of 1 s', 1000),
]

/** Resolves when something accepts connections on the port. */
export async function accepts(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const socket = connect(port, '127.0.0.1')
    try {
      await once(socket, 'connect')
      return
    } catch {
      await sleep(50)
    } finally {
      socket.destroy()
    }
  }
  throw new Error(`nothing listens on port ${port} after 10 s`)
}
