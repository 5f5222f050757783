import { request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { type HttpServer, serveHttp } from '../../../src/cluster/api-server/index.ts'
import { createKubeApi, createReflector, createUndiciTransport, leases, systemClock } from '../../../src/kube/index.ts'
import { configMap, configMaps, Rig } from './rig.ts'

const open: HttpServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

async function served(): Promise<{ rig: Rig; url: string; http: HttpServer }> {
  const rig = new Rig()
  const http = await serveHttp(rig.server)
  open.push(http)
  return { rig, url: http.url, http }
}

test('answers fetch as it answers a client in its own process', async () => {
  const { rig, url } = await served()
  const headers = { 'content-type': 'application/json', 'user-agent': 'fetcher/2 (x)' }
  const created = await fetch(`${url}${configMaps}?dryRun=`, {
    method: 'POST',
    headers,
    body: JSON.stringify(configMap('one')),
  })
  expect(created.status).toBe(422)
  const stored = await fetch(`${url}${configMaps}`, { method: 'POST', headers, body: JSON.stringify(configMap('one')) })
  expect(stored.status).toBe(201)
  const object = (await stored.json()) as { metadata: { managedFields?: { manager: string }[] } }
  expect(object).toEqual((await rig.ask('GET', `${configMaps}/one`)).body)
  const labelled = await fetch(`${url}${configMaps}?labelSelector=${encodeURIComponent('a in (b, c)')}`)
  expect(await labelled.json()).toMatchObject({ items: [] })
})

test('streams a watch line by line, as it happens', async () => {
  const { rig, url } = await served()
  const response = await fetch(`${url}${configMaps}?watch=true&resourceVersion=1`)
  const reader = response.body?.getReader()
  await rig.ask('POST', configMaps, configMap('one'))
  const first = await reader?.read()
  expect(JSON.parse(Buffer.from(first?.value ?? []).toString())).toMatchObject({
    type: 'ADDED',
    object: { kind: 'ConfigMap' },
  })
  await reader?.cancel()
})

test('closing ends its watches', async () => {
  const { url, http } = await served()
  const response = await fetch(`${url}${configMaps}?watch=true`)
  const reading = response.text().catch((error: Error) => error.message)
  await http.close()
  expect(await reading).toBe('terminated')
})

test('a client that leaves a watch leaves no timer behind', async () => {
  const { rig, url } = await served()
  const ending = new AbortController()
  await fetch(`${url}${configMaps}?watch=true`, { signal: ending.signal })
  expect(rig.clock.timers).toHaveLength(1)
  ending.abort()
  while (rig.clock.timers.length > 0) await new Promise((resolve) => setImmediate(resolve))
})

test('takes no more than 3 MiB', async () => {
  const { url } = await served()
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify(configMap('large', { x: 'x'.repeat(4 * 1024 * 1024) }))
  expect((await fetch(`${url}${configMaps}`, { method: 'POST', headers, body })).status).toBe(413)
})

test('survives requests that are none', async () => {
  const { url } = await served()
  const { port } = new URL(url)
  const raw = connect(Number(port), '127.0.0.1')
  raw.write('GET http://[ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  const answer = await new Promise((resolve) => raw.once('data', (chunk) => resolve(chunk.toString())))
  expect(answer).toMatch(/^HTTP\/1.1 400 /)
  const status = await new Promise((resolve) => {
    request(`${url}//////`, (response) => resolve(response.resume().statusCode)).end()
  })
  expect(status).toBe(404)
  expect((await fetch(`${url}/readyz`)).status).toBe(200)
})

test('our own client lists, watches and writes through it', async () => {
  const { rig, url } = await served()
  const transport = createUndiciTransport({
    access: async () => ({ server: url }),
    clock: systemClock,
    userAgent: 'drainkeeper/1',
  })
  const reflector = createReflector({ transport, resource: leases, clock: systemClock, project: (raw) => raw })
  const added = new Promise((resolve) => {
    reflector.onEvent((event) => resolve(event))
  })
  reflector.start()
  await reflector.synced
  const api = createKubeApi(transport)
  const lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'l', namespace: 'default' },
    spec: {},
  }
  await api.create(leases, lease)
  expect(await added).toMatchObject({ type: 'upsert' })
  expect(rig.server.objects(leases)).toHaveLength(1)
  await reflector.stop()
  await transport.close()
})
