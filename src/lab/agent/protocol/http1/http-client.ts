import { createConnection } from 'node:net'
import type { LoadSpec } from '../../load-spec.ts'
import type { Client, ClientSurroundings } from '../client.ts'
import { USER_AGENT } from '../user-agent.ts'
import { workPath } from '../work-path.ts'
import { ConnectionPool } from './connection-pool.ts'

/** HTTP/1.1 in clear text, one request at a time on each connection. */
export function httpClient(spec: LoadSpec, { available, nowMs }: ClientSurroundings): Client {
  const { host, port } = spec.target
  const lines = [
    `GET ${workPath(spec)} HTTP/1.1`,
    `Host: ${host}:${port}`,
    `User-Agent: ${USER_AGENT}`,
    `Connection: ${spec.mode === 'keep-alive' ? 'keep-alive' : 'close'}`,
  ]
  const request = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
  const pool = new ConnectionPool({
    mode: spec.mode,
    connections: spec.connections,
    connect: () => createConnection({ host, port }),
    nowMs,
    available,
  })
  return {
    begin(settle) {
      const connection = pool.acquire()
      if (connection === null) return null
      const reused = connection.used
      connection.send(request, settle)
      return { connectionId: connection.id, reused, cancel: (errorCode) => connection.abort(errorCode) }
    },
    close: () => pool.close(),
    abort: (errorCode) => pool.abort(errorCode),
  }
}
