import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { seededRandom } from '../../../src/cluster/seeded-random.ts'
import { DelayedPath } from './delayed-path.ts'
import { HttpConnection } from './http-connection.ts'
import { markdownTable } from './markdown.ts'
import { farRoundTripMs } from './scenario.ts'

const connectionCount = 1200
const delayMs = 1000

/** What waiting for idle connections buys, and costs. */
export interface IdleGraceRow {
  /** Mean time between two requests of a client; they come at random (Poisson). */
  everyMs: number
  idleGraceMs: number
  /** Connections that ended without a response that said `Connection: close`. */
  endedByFin: number
  requests: number
  lost: number
  drainMs: number
}

/** @throws Error when stopped */
export async function measureIdleGrace(
  stop: AbortSignal,
  progress: (done: number, of: number) => void,
): Promise<IdleGraceRow[]> {
  const rows: IdleGraceRow[] = []
  const settings = [1000, 3000].flatMap((everyMs) => [0, 1000, 2000].map((idleGraceMs) => ({ everyMs, idleGraceMs })))
  for (const { everyMs, idleGraceMs } of settings) {
    rows.push(await measure(everyMs, idleGraceMs, stop))
    progress(rows.length, settings.length)
  }
  return rows
}

async function measure(everyMs: number, idleGraceMs: number, stop: AbortSignal): Promise<IdleGraceRow> {
  stop.throwIfAborted()
  const file = fileURLToPath(new URL('idle-grace-server.ts', import.meta.url))
  const server = fork(file, [String(idleGraceMs), String(delayMs)], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  const row: IdleGraceRow = { everyMs, idleGraceMs, endedByFin: 0, requests: 0, lost: 0, drainMs: 0 }
  const random = seededRandom(everyMs + idleGraceMs)
  let path: DelayedPath | undefined
  try {
    const [{ port }] = (await once(server, 'message', { signal: stop })) as [{ port: number }]
    path = await DelayedPath.open(port, farRoundTripMs)
    const clients: Promise<void>[] = []
    for (let opened = 0; opened < connectionCount; opened += 100) {
      const batch = await Promise.all(Array.from({ length: 100 }, () => HttpConnection.open(path?.port ?? 0)))
      clients.push(...batch.map((connection) => askAtRandom(connection, () => -Math.log(1 - random()) * everyMs, row)))
    }
    await sleep(everyMs, undefined, { signal: stop })
    const exited = once(server, 'exit', { signal: stop })
    const startMs = performance.now()
    server.kill('SIGTERM')
    await exited
    row.drainMs = Math.round(performance.now() - startMs)
    await Promise.all(clients)
    return row
  } finally {
    server.kill('SIGKILL')
    path?.close()
  }
}

/** Until the connection is over. Its client knows nothing of the drain but what the connection says. */
async function askAtRandom(connection: HttpConnection, pauseMs: () => number, row: IdleGraceRow): Promise<void> {
  for (;;) {
    await Promise.race([sleep(pauseMs()), connection.ended])
    if (connection.over) {
      row.endedByFin += 1
      return
    }
    row.requests += 1
    try {
      if ((await connection.ask('/now')).last) return
    } catch {
      row.lost += 1
      row.endedByFin += 1
      return
    }
  }
}

export function idleGraceTable(rows: readonly IdleGraceRow[]): string {
  return markdownTable(
    ['a request each', '`idleGraceMs`', 'ended by FIN', 'requests lost', 'drain took'],
    rows.map(({ everyMs, idleGraceMs, endedByFin, lost, drainMs }) => [
      `${everyMs / 1000} s`,
      String(idleGraceMs),
      String(endedByFin),
      String(lost),
      `${(drainMs / 1000).toFixed(1)} s`,
    ]),
  )
}
