import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { connect } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { Http1Protocol } from '../../../src/drain-server/http1/http1-protocol.ts'
import { Traffic } from '../../../src/drain-server/traffic/traffic.ts'
import { certificate, privateKey } from '../certificate.ts'
import { recordingLogger } from '../in-process.ts'
import { VirtualClock } from '../virtual-clock.ts'

const idleGraceMs = 2000

test('TLS on a unix socket, where peers have no address: none is cut off for the handshake of another', async () => {
  const clock = new VirtualClock()
  const held: ServerResponse[] = []
  const server = createServer({ key: privateKey, cert: certificate }, (_request, response) => held.push(response))
  const traffic = new Traffic(clock)
  const logger = recordingLogger([])
  const context = { traffic, clock, idleGraceMs, isProbe: () => false, twoPhaseOverTls: false, logger }
  const protocol = new Http1Protocol(server, context)
  const path = join(mkdtempSync(join(tmpdir(), 'drain-tls-')), 'socket')
  server.listen(path)
  await once(server, 'listening')
  onTestFinished(() => {
    protocol.release()
    server.close()
    server.closeAllConnections()
  })
  const clients = Array.from({ length: 3 }, () => connect({ path, rejectUnauthorized: false }))
  const received = clients.map(async (client) => {
    let text = ''
    client.on('data', (bytes: Buffer) => {
      text += bytes.toString()
    })
    await once(client, 'end')
    return text
  })
  for (const client of clients) client.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n')
  while (held.length < clients.length) await turn()

  protocol.shed()
  await protocol.closeListener()
  const settled = protocol.settle(clock.nowMs() + 60_000)
  for (let passedMs = 0; passedMs < 2 * idleGraceMs; passedMs += 5) {
    await turn()
    clock.advance(5)
  }
  for (const response of held) response.end('answer')
  for (const text of await Promise.all(received)) expect(text).toContain('answer')
  await settled
  expect(protocol.loss).toEqual({ connections: 0, requests: 0 })
})
