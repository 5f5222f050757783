import { connect } from 'node:net'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { requestText } from '../raw-client.ts'
import { stageHeld } from './held-application.ts'

test('a connection that was ended before the drain was called off is closed, although its peer never answers', async () => {
  const it = await stageHeld({ undrainAfterMs: 1000 })
  const peer = connect({ port: it.port, host: '127.0.0.1', allowHalfOpen: true })
  await once(peer, 'connect')
  await fetch(`${it.adminUrl}/admin/drain`)
  peer.write(requestText('/now'))
  peer.resume()
  await it.clock.fly(once(peer, 'end'))
  await it.reaches('serving')
  await it.pass(6000)
  expect(await connectionsOf(it.server)).toBe(0)
  expect(it.clock.pending).toBe(0)
  peer.destroy()
})

function connectionsOf(server: { getConnections: (tell: (error: Error | null, count: number) => void) => unknown }) {
  return new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)))
}
