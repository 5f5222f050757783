import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Processes, Running } from './processes.ts'

/** How long routing goes on sending new connections to a backend that was asked to end. */
export const routingLagMs = 500

/** What clients get to find a restarted backend before the other one ends. */
const resettleMs = 500

/** A server process, ended and started again on the same port. */
export interface Backend {
  port: number
  command: readonly string[]
  running: Running
  /** Whether connections are accepted, for a program that does not say so itself. */
  isReady?: () => Promise<void>
}

/** What tells routing that a backend goes and comes. */
export interface Routing {
  withdraw(port: number): void | Promise<void>
  restore(port: number): void | Promise<void>
}

export interface Rolled {
  drains: number
  /** Ends of the processes other than by exit code 0. */
  badExits: string[]
}

export async function startBackends(
  processes: Processes,
  commandFor: (port: number) => readonly string[],
  isReady?: (port: number) => Promise<void>,
): Promise<Backend[]> {
  return Promise.all(
    [0, 1].map(async () => {
      const port = await freePort()
      const command = commandFor(port)
      const backend: Backend = { port, command, running: processes.start(command) }
      if (isReady !== undefined) backend.isReady = () => isReady(port)
      await readiness(backend)
      return backend
    }),
  )
}

/**
 * Ends one backend after the other and starts it again, as a rollout does, until there is no time for another.
 * @param endAfterMs asks a backend to end only so long after routing was told, as a preStop hook that sleeps does
 */
export async function roll(
  processes: Processes,
  backends: readonly Backend[],
  routing: Routing,
  untilMs: number,
  endAfterMs = 0,
): Promise<Rolled> {
  const rolled: Rolled = { drains: 0, badExits: [] }
  let longestMs = 0
  while (performance.now() + longestMs < untilMs) {
    const beganMs = performance.now()
    const backend = backends[rolled.drains % backends.length] as Backend
    const withdrawn = sleep(routingLagMs).then(() => routing.withdraw(backend.port))
    await sleep(endAfterMs)
    const ended = await backend.running.stop()
    await withdrawn
    if (ended !== 0) rolled.badExits.push(String(ended))
    rolled.drains += 1
    backend.running = processes.start(backend.command)
    await readiness(backend)
    await routing.restore(backend.port)
    await sleep(resettleMs)
    longestMs = Math.max(longestMs, performance.now() - beganMs)
  }
  return rolled
}

async function readiness(backend: Backend): Promise<void> {
  await (backend.isReady === undefined ? backend.running.ready() : backend.isReady())
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
