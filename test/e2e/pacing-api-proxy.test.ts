import { once } from 'node:events'
import { createServer } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { ApiProxy, type Write } from '../../e2e/pacing/api-proxy.ts'

const status = '/apis/drainkeeper.dev/v1alpha1/namespaces/shop/drainpolicies/web/status'
const deployment = '/apis/apps/v1/namespaces/shop/deployments/web?fieldManager=drainkeeper-pace'

/** A proxy in front of a server that notes what reached it. */
async function proxied() {
  const reached: string[] = []
  const server = createServer((request, response) => {
    reached.push(`${request.method} ${request.url} ${request.headers.authorization}`)
    request.pipe(response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const proxy = new ApiProxy({ url: `http://127.0.0.1:${port}`, ca: '' })
  await proxy.listen('127.0.0.1')
  onTestFinished(() => {
    proxy.close()
    server.closeAllConnections()
    server.close()
  })
  const send = async (method: string, path: string): Promise<string> => {
    const body = method === 'GET' ? undefined : 'the body'
    const answer = await fetch(`${proxy.url}${path}`, {
      method,
      headers: { authorization: 'me' },
      ...(body === undefined ? {} : { body }),
    })
    return answer.text()
  }
  return { proxy, reached, send }
}

test('passes everything on as it is, and counts the writes that decide something', async () => {
  const { proxy, reached, send } = await proxied()
  expect(await send('PATCH', status)).toBe('the body')
  await send('GET', deployment)
  await send('POST', '/apis/events.k8s.io/v1/namespaces/shop/events')
  await send('PATCH', deployment)
  expect(reached).toEqual([
    `PATCH ${status} me`,
    `GET ${deployment} me`,
    'POST /apis/events.k8s.io/v1/namespaces/shop/events me',
    `PATCH ${deployment} me`,
  ])
  expect(proxy.writes).toBe(2)
})

test.each([
  ['before', 1],
  ['after', 2],
] as const)('a trap %s the second write: the server has heard of %i, the caller of no answer', async (when, heard) => {
  const { proxy, reached, send } = await proxied()
  const sprung: Write[] = []
  await send('PATCH', status)
  proxy.arm({ at: 2, when, spring: async (write) => void sprung.push(write) })
  await send('PATCH', status)
  await expect(send('PATCH', deployment)).rejects.toThrow()
  expect(sprung).toEqual([{ number: 2, what: 'apply' }])
  expect(reached).toHaveLength(1 + heard)
  await send('PATCH', deployment)
  expect(sprung).toHaveLength(1)
})
