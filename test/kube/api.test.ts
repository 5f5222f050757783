import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type ClosableTransport,
  createKubeApi,
  createUndiciTransport,
  deployments,
  type KubeApi,
  type KubeErrorCode,
  nodes,
  pods,
} from '../../src/kube/index.ts'
import { failure, json, ScenarioServer } from './scenario-server.ts'
import { VirtualClock } from './virtual-clock.ts'

let server: ScenarioServer
let transport: ClosableTransport
let api: KubeApi

beforeEach(async () => {
  server = await ScenarioServer.start()
  transport = createUndiciTransport({ clock: new VirtualClock(), access: async () => ({ server: server.url }) })
  api = createKubeApi(transport)
})

afterEach(async () => {
  await transport.close()
  await server.close()
})

const checkout = { namespace: 'shop', name: 'checkout' }
const object = { metadata: { ...checkout, resourceVersion: '7' }, unknown: { kept: true } }
const PATH = '/apis/apps/v1/namespaces/shop/deployments'

test('get gives the object as it is on the wire', async () => {
  server.expect({ call: `GET ${PATH}/checkout/status`, reply: json(object) })
  expect(await api.get(deployments, checkout, { subresource: 'status' })).toEqual(object)
  server.verify()
})

test('list gives one page', async () => {
  const query = { labelSelector: 'a=b', limit: '2', continue: 'token', fieldSelector: null }
  server.expect({ call: 'GET /api/v1/nodes', query, reply: json({ metadata: { continue: 'more' }, items: [object] }) })
  const page = await api.list(nodes, { labelSelector: 'a=b', limit: 2, continue: 'token' })
  expect(page).toEqual({ metadata: { continue: 'more' }, items: [object] })
  server.verify()
})

test('create posts to the collection, or to a subresource', async () => {
  server.expect(
    { call: `POST ${PATH}`, body: object, query: { dryRun: 'All', fieldManager: 'me' }, reply: json(object, 201) },
    { call: 'POST /api/v1/namespaces/shop/pods/checkout/eviction', body: object, reply: json(object, 201) },
  )
  await api.create(deployments, object, { dryRun: true, fieldManager: 'me' })
  await api.create(pods, object, { subresource: 'eviction' })
  server.verify()
})

test('replace writes the whole object, fields that nobody knows included', async () => {
  server.expect({ call: `PUT ${PATH}/checkout`, body: object, query: { dryRun: null }, reply: json(object) })
  await api.replace(deployments, object)
  server.verify()
})

test('patches carry their content type', async () => {
  server.expect(
    {
      call: `PATCH ${PATH}/checkout`,
      contentType: 'application/json-patch+json',
      reply: (exchange) => json(JSON.parse(exchange.body))(exchange),
    },
    {
      call: `PATCH ${PATH}/checkout/scale`,
      contentType: 'application/merge-patch+json',
      body: { a: 1 },
      reply: json({}),
    },
  )
  const operations = [{ op: 'test', path: '/metadata/uid', value: 'u' }] as const
  expect(await api.jsonPatch(deployments, checkout, operations)).toEqual(operations)
  await api.mergePatch(deployments, checkout, { a: 1 }, { subresource: 'scale' })
  server.verify()
})

test('delete can be bound to a uid', async () => {
  const body = { kind: 'DeleteOptions', preconditions: { uid: 'u' }, gracePeriodSeconds: 0, dryRun: ['All'] }
  server.expect({ call: `DELETE ${PATH}/checkout`, body, reply: json({ kind: 'Status' }) })
  await api.delete(deployments, checkout, { uid: 'u', gracePeriodSeconds: 0, dryRun: true })
  server.verify()
})

describe('server-side apply', () => {
  test('states the identity, the manager, and never force by default', async () => {
    server.expect({
      call: `PATCH ${PATH}/checkout`,
      contentType: 'application/apply-patch+yaml',
      query: { fieldManager: 'drainkeeper', force: 'false', dryRun: 'All' },
      body: {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { ...checkout, uid: 'u', annotations: { a: 'b' } },
        spec: { minReadySeconds: 5 },
      },
      reply: json(object),
    })
    const fields = { metadata: { annotations: { a: 'b' } }, spec: { minReadySeconds: 5 } }
    await api.apply(deployments, checkout, fields, { fieldManager: 'drainkeeper', uid: 'u', dryRun: true })
    server.verify()
  })

  test('of a subresource of another kind, by force', async () => {
    server.expect({
      call: `PATCH ${PATH}/checkout/scale`,
      query: { force: 'true', dryRun: null },
      body: { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: checkout },
      reply: json(object),
    })
    const fields = { apiVersion: 'autoscaling/v1', kind: 'Scale', spec: { replicas: 1 } }
    await api.apply(deployments, checkout, fields, { fieldManager: 'drainkeeper', force: true, subresource: 'scale' })
    server.verify()
  })

  test('under a name that Flux would revert is refused', async () => {
    await expect(api.apply(deployments, checkout, {}, { fieldManager: 'kubectl-drain' })).rejects.toThrow('Flux')
    expect(server.calls).toEqual([])
  })
})

describe('errors', () => {
  test.each<[number, KubeErrorCode]>([
    [400, 'Invalid'],
    [403, 'Forbidden'],
    [404, 'NotFound'],
    [405, 'Unexpected'],
    [409, 'Conflict'],
    [410, 'Gone'],
    [415, 'Invalid'],
    [422, 'Invalid'],
    [429, 'TooManyRequests'],
    [500, 'Unavailable'],
    [504, 'Unavailable'],
  ])('%i is %s', async (status, code) => {
    server.expect({ call: `GET ${PATH}/checkout`, reply: failure(status, 'SomeReason') })
    await expect(api.get(deployments, checkout)).rejects.toMatchObject({ code, status, reason: 'SomeReason' })
  })

  test('carry the fields that were refused', async () => {
    const causes = [{ reason: 'FieldValueInvalid', message: 'must be non-negative', field: 'spec.template' }]
    const status = { kind: 'Status', code: 422, reason: 'Invalid', message: 'is invalid', details: { causes } }
    server.expect({ call: `PUT ${PATH}/checkout`, reply: json(status, 422) })
    await expect(api.replace(deployments, object)).rejects.toMatchObject({
      causes,
      message: `update ${PATH}/checkout: 422 is invalid`,
    })
  })

  test('of a proxy that is not Kubernetes carry its words', async () => {
    server.expect({
      call: 'GET /version',
      reply: ({ response }) => void response.writeHead(502).end('<h1>bad gateway'),
    })
    await expect(api.getPath('/version')).rejects.toMatchObject({
      code: 'Unavailable',
      message: 'get /version: 502 <h1>bad gateway',
    })
  })

  test('an answer that is not JSON is Unexpected', async () => {
    server.expect({ call: 'GET /version', reply: ({ response }) => void response.end('<html>') })
    await expect(api.getPath('/version')).rejects.toMatchObject({ code: 'Unexpected' })
  })

  test.each([
    ['an empty name', { namespace: 'shop', name: '' }],
    ['a name that climbs', { namespace: 'shop', name: '..' }],
    ['a name with a slash', { namespace: 'shop', name: 'a/b' }],
    ['a namespace with an escape', { namespace: 'a%2fb', name: 'a' }],
    ['no namespace', { name: 'a' }],
  ])('%s never becomes a request', async (_sentence, ref) => {
    await expect(api.get(pods, ref)).rejects.toThrow(TypeError)
    expect(server.calls).toEqual([])
  })
})
