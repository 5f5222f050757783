/**
 * A balancer of connections, as kube-proxy is one: each new connection of a lane goes to one of the lane's backends in
 * turn, and stays there. Resets and half-closes pass through in both directions.
 */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { answerRequests } from './asked-process.ts'
import type { BalancerRequest, Routed } from './messages.ts'

interface Lane {
  server: Server
  backends: number[]
  turn: number
  routed: Map<number, Backend>
}

interface Backend extends Routed {
  /** Resolves when the last connection is answered, or gone. */
  settled: Promise<void>
}

const lanes = new Map<number, Lane>()

answerRequests((request: BalancerRequest) =>
  request.ask === 'open' ? open(request.lane) : change(laneOf(request.lane), request),
)

async function change(lane: Lane, request: Exclude<BalancerRequest, { ask: 'open' }>): Promise<Routed | undefined> {
  if (request.ask === 'unroute') return unroute(lane, request.backend, request.afterMs)
  if (request.ask === 'close') {
    lane.server.close()
    lanes.delete(request.lane)
  } else {
    const settled = Promise.resolve()
    lane.routed.set(request.backend, { connections: 0, lastAtMs: null, lastAnsweredAtMs: null, settled })
    lane.backends.push(request.backend)
  }
  return undefined
}

async function unroute(lane: Lane, backend: number, afterMs: number): Promise<Routed | undefined> {
  await sleep(afterMs)
  lane.backends = lane.backends.filter((other) => other !== backend)
  const found = lane.routed.get(backend)
  lane.routed.delete(backend)
  if (found === undefined) return undefined
  await found.settled
  const { settled: _, ...routed } = found
  return routed
}

function laneOf(id: number): Lane {
  const lane = lanes.get(id)
  if (lane === undefined) throw new Error(`lane ${id} is not open`)
  return lane
}

async function open(id: number): Promise<number> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => lead(lane, client))
  const lane: Lane = { server, backends: [], turn: 0, routed: new Map() }
  lanes.set(id, lane)
  server.listen(0, '127.0.0.1', 1024)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

function lead(lane: Lane, client: Socket): void {
  lane.turn += 1
  const backend = lane.backends[lane.turn % lane.backends.length]
  const routed = lane.routed.get(backend ?? 0)
  if (backend === undefined || routed === undefined) {
    client.resetAndDestroy()
    return
  }
  routed.connections += 1
  const atMs = wallMs()
  Object.assign(routed, { lastAtMs: atMs, lastAnsweredAtMs: null })
  const led = connect({ port: backend, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  const { promise, resolve } = Promise.withResolvers<void>()
  routed.settled = promise
  led.once('data', () => {
    if (routed.lastAtMs === atMs) routed.lastAnsweredAtMs = wallMs()
    resolve()
  })
  led.once('close', () => resolve())
  join(client, led)
}

function wallMs(): number {
  return performance.timeOrigin + performance.now()
}

function join(client: Socket, backend: Socket): void {
  for (const [from, to] of [
    [client, backend],
    [backend, client],
  ] as const) {
    from.pipe(to)
    from.on('error', () => to.resetAndDestroy())
  }
}
