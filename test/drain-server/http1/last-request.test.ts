import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { requestText } from '../raw-client.ts'
import { stageHeld } from './held-application.ts'

test.each([
  ['that says Connection: close', requestText('/now', 'Connection: close\r\n')],
  ['of HTTP/1.0', requestText('/now').replace('HTTP/1.1', 'HTTP/1.0')],
])(
  'a request %s is answered during a drain, too, when its client has ended its side with it',
  async (_what, request) => {
    const it = await stageHeld({ delaySeconds: 5 })
    it.drainer.start()
    const client = connect({ port: it.port, host: '127.0.0.1' })
    let received = ''
    client.on('data', (bytes: Buffer) => {
      received += bytes.toString()
    })
    client.end(request)
    await once(client, 'close')
    expect(received).toContain('ok /now')
    expect(await it.clock.fly(it.drainer.drained)).toMatchObject({ verdict: 'clean', forced: { requests: 0 } })
  },
)

test('a last request that is pipelined is given to the handler after the ones before it', async () => {
  const it = await stageHeld({ delaySeconds: 5 })
  const client = await it.connect()
  it.drainer.start()
  const urls: string[] = []
  it.server.on('request', ({ url = '' }: { url?: string }) => urls.push(url))
  client.send(requestText('/first') + requestText('/second') + requestText('/last', 'Connection: close\r\n'))
  expect(await it.clock.fly(client.ended)).toBe('FIN')
  expect(client.answers).toBe(3)
  expect(urls).toEqual(['/first', '/second', '/last'])
})
