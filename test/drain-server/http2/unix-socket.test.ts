import { once } from 'node:events'
import { connect as connectHttp2, createSecureServer } from 'node:http2'
import type { Http2ServerResponse } from 'node:http2'
import { mkdtempSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { Http2Protocol } from '../../../src/drain-server/http2/http2-protocol.ts'
import { Traffic } from '../../../src/drain-server/traffic/traffic.ts'
import { certificate, privateKey } from '../certificate.ts'
import { recordingLogger } from '../in-process.ts'
import { VirtualClock } from '../virtual-clock.ts'
import { answerOf } from './http2-stage.ts'

const idleGraceMs = 100

test.each([false, true])('TLS on a unix socket, tapped %s: no stream is cut off', async (twoPhaseOverTls) => {
  const clock = new VirtualClock()
  const held: Http2ServerResponse[] = []
  const server = createSecureServer({ key: privateKey, cert: certificate }, (_request, response) => held.push(response))
  const logger = recordingLogger([])
  const context = { traffic: new Traffic(clock), clock, idleGraceMs, isProbe: () => false, twoPhaseOverTls, logger }
  const protocol = new Http2Protocol(server, context)
  const path = join(mkdtempSync(join(tmpdir(), 'drain-tls-')), 'socket')
  server.listen(path)
  await once(server, 'listening')
  onTestFinished(() => {
    protocol.force()
    protocol.release()
  })
  const answers = Array.from({ length: 3 }, () => {
    const socket = connectTls({ socket: connectTcp(path), ALPNProtocols: ['h2'], rejectUnauthorized: false })
    return answerOf(connectHttp2('https://localhost', { createConnection: () => socket }).request())
  })
  while (held.length < answers.length) await turn()

  protocol.shed()
  await protocol.closeListener()
  const settled = protocol.settle(clock.nowMs() + 60_000)
  for (let passedMs = 0; passedMs < 4 * idleGraceMs; passedMs += 5) {
    await turn()
    clock.advance(5)
  }
  for (const response of held) response.end('answer')
  expect(await Promise.all(answers)).toEqual(['200 answer', '200 answer', '200 answer'])
  await settled
  expect(protocol.loss).toEqual({ connections: 0, requests: 0 })
})
