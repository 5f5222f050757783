import { duplexPair } from 'node:stream'
import { expect, test } from 'vitest'
import { stageHeld } from './held-application.ts'

test('a connection that is no socket, as emit() can give one to a server, is drained like others', async () => {
  const it = await stageHeld({ delaySeconds: 5 })
  const [ours, peers] = duplexPair()
  let received = ''
  peers.on('data', (bytes: Buffer) => {
    received += bytes.toString()
  })
  peers.on('end', () => peers.end())
  it.server.emit('connection', ours)
  it.drainer.start()
  peers.write('GET /now HTTP/1.1\r\nHost: test\r\n\r\n')
  const report = await it.clock.fly(it.drainer.drained)
  expect(report).toMatchObject({ verdict: 'clean', forced: { connections: 0, requests: 0 } })
  expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\nConnection: close\r\n/)
  expect(received).toContain('ok /now')
  expect(ours.destroyed).toBe(true)
})
