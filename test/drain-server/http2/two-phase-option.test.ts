import { once } from 'node:events'
import { createSecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { drainWith } from '../../../src/drain-server/drain.ts'
import { systemClock } from '../../../src/drain-server/clock.ts'
import type { DrainOptions } from '../../../src/drain-server/index.ts'
import { certificate, privateKey } from '../certificate.ts'
import { recordingLogger } from '../in-process.ts'
import { RawHttp2Client } from './raw-http2-client.ts'

const notice = { lastStreamId: 2 ** 31 - 1, errorCode: 0 }

/** What a client of an adopted TLS server is told first when a drain begins. */
async function firstGoaway(options: DrainOptions, environment: NodeJS.ProcessEnv = {}): Promise<unknown> {
  const server = createSecureServer({ key: privateKey, cert: certificate }, (_request, response) => response.end('ok'))
  const surroundings = {
    clock: systemClock,
    environment,
    onSignal: () => () => undefined,
    onUncaughtError: () => () => undefined,
    exit: () => undefined,
    writeStdout: () => Promise.resolve(),
    writeStderr: () => undefined,
    startWatchdog: () => ({ stop: () => undefined }),
  }
  const drainer = drainWith(surroundings, server, {
    admin: false,
    delaySeconds: 0,
    idleGraceMs: 10,
    terminationMessagePath: false,
    logger: recordingLogger([]),
    ...options,
  })
  onTestFinished(() => drainer.release())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = await RawHttp2Client.connect((server.address() as AddressInfo).port, { tls: true })
  await client.over(client.request('/'))
  drainer.start()
  await client.until(() => client.goaways.length > 0)
  await client.end()
  return client.goaways[0]
}

test('HTTP/2 over TLS is told in two phases unless that is switched off', async () => {
  expect(await firstGoaway({})).toEqual(notice)
  expect(await firstGoaway({}, { DRAIN_TWO_PHASE_OVER_TLS: 'true' })).toEqual(notice)
  expect(await firstGoaway({ twoPhaseOverTls: false })).toMatchObject({ lastStreamId: 1 })
  expect(await firstGoaway({}, { DRAIN_TWO_PHASE_OVER_TLS: 'false' })).toMatchObject({ lastStreamId: 1 })
})
