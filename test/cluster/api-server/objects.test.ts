import { describe, expect, test } from 'vitest'
import { configMap, configMaps, deployment, deployments, pod, pods, Rig } from './rig.ts'

const yaml = { 'content-type': 'application/apply-patch+yaml' }

describe('creating', () => {
  test('gives an object its identity, which nobody can choose', async () => {
    const rig = new Rig()
    const sent = {
      ...configMap('one'),
      metadata: { name: 'one', uid: 'mine', creationTimestamp: '1999-01-01T00:00:00Z' },
    }
    const { status, body } = await rig.ask('POST', configMaps, sent)
    expect(status).toBe(201)
    expect(body.metadata.uid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(body.metadata).toMatchObject({ namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' })
    expect(Number(body.metadata.resourceVersion)).toBeGreaterThan(0)
  })

  test.each([
    ['a name that is taken', configMaps, configMap('one'), 409, 'AlreadyExists', 'configmaps "one" already exists'],
    [
      'a namespace that is not there',
      '/api/v1/namespaces/no/configmaps',
      configMap('x'),
      404,
      'NotFound',
      'namespaces "no" not found',
    ],
    [
      'no name',
      configMaps,
      { kind: 'ConfigMap' },
      422,
      'Invalid',
      'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
    ],
    [
      'another namespace',
      configMaps,
      { metadata: { name: 'x', namespace: 'y' } },
      400,
      'BadRequest',
      'the namespace of the provided object does not match the namespace sent on the request',
    ],
    [
      'a version',
      configMaps,
      { metadata: { name: 'x', resourceVersion: '5' } },
      500,
      undefined,
      'resourceVersion should not be set on objects to be created',
    ],
    [
      'no JSON',
      configMaps,
      '{',
      400,
      'BadRequest',
      "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input ({)",
    ],
  ])('is refused with %s', async (_what, path, sent, status, reason, message) => {
    const rig = new Rig()
    await rig.ask('POST', configMaps, configMap('one'))
    const answer = await rig.ask('POST', path, sent)
    expect(answer.status).toBe(status)
    expect(answer.body).toMatchObject({ kind: 'Status', status: 'Failure', code: status, message })
    expect(answer.body.reason).toBe(reason)
  })

  test('says so when it cannot find a name that is free', async () => {
    const rig = new Rig({ random: () => 0.5 })
    const named = { metadata: { generateName: 'web-' } }
    expect((await rig.ask('POST', configMaps, named)).body.metadata.name).toMatch(/^web-[a-z0-9]{5}$/)
    const second = await rig.ask('POST', configMaps, named)
    expect(second.status).toBe(409)
    expect(second.body.message).toContain('the server was not able to generate a unique name for the object')
  })

  test('stores nothing in a dry run, and answers as if it had', async () => {
    const rig = new Rig()
    const { status, body } = await rig.ask('POST', deployments, deployment('web'), { query: { dryRun: 'All' } })
    expect(status).toBe(201)
    expect(body.spec.replicas).toBe(1)
    expect(body.metadata.resourceVersion).toBeUndefined()
    expect((await rig.ask('GET', `${deployments}/web`)).status).toBe(404)
  })

  test.each([
    ['Strict', 400, undefined],
    ['Warn', 201, '299 - "unknown field \\"dta\\""'],
    ['Ignore', 201, undefined],
  ])('with unknown fields and validation %s answers %i', async (fieldValidation, status, warning) => {
    const rig = new Rig()
    const answer = await rig.ask(
      'POST',
      configMaps,
      { metadata: { name: 'x' }, dta: {} },
      { query: { fieldValidation } },
    )
    expect(answer.status).toBe(status)
    expect(answer.headers['warning']).toBe(warning)
    if (status === 201) expect(answer.body).not.toHaveProperty('dta')
  })
})

describe('writing', () => {
  test('what changes nothing keeps the version, and is told so', async () => {
    const rig = new Rig()
    const created = (await rig.ask('POST', configMaps, configMap('one', { a: '1' }))).body
    const changed: boolean[] = []
    rig.server.onWrite((write) => changed.push(write.changed))
    await rig.clock.advance(5000)
    const again = (await rig.patch(`${configMaps}/one`, { data: { a: '1' } })).body
    expect(again).toEqual(created)
    const other = (await rig.patch(`${configMaps}/one`, { data: { a: '2' } })).body
    expect(Number(other.metadata.resourceVersion)).toBeGreaterThan(Number(created.metadata.resourceVersion))
    expect(changed).toEqual([false, true])
  })

  test('an update of an older version is a conflict, in the words that clients know', async () => {
    const rig = new Rig()
    const old = (await rig.ask('POST', configMaps, configMap('one'))).body
    await rig.patch(`${configMaps}/one`, { data: { a: '1' } })
    const { status, body } = await rig.ask('PUT', `${configMaps}/one`, old)
    expect(status).toBe(409)
    expect(body.message).toBe(
      'Operation cannot be fulfilled on configmaps "one": the object has been modified; please apply your changes to the latest version and try again',
    )
  })

  test('an update without version is taken where the kind allows it', async () => {
    const rig = new Rig()
    await rig.ask('POST', configMaps, configMap('one'))
    expect((await rig.ask('PUT', `${configMaps}/one`, configMap('one', { a: '1' }))).status).toBe(200)
    const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases'
    const lease = { metadata: { name: 'l' }, spec: { holderIdentity: 'me' } }
    expect((await rig.ask('PUT', `${leases}/l`, lease)).status).toBe(201)
    expect((await rig.ask('PUT', `${leases}/l`, lease)).status).toBe(422)
  })

  test('status and spec have each their own way', async () => {
    const rig = new Rig()
    await rig.ask('POST', deployments, deployment('web'))
    const bySpec = (await rig.patch(`${deployments}/web`, { spec: { replicas: 3 }, status: { replicas: 9 } })).body
    expect(bySpec).toMatchObject({ spec: { replicas: 3 }, metadata: { generation: 2 } })
    expect(bySpec.status.replicas).toBeUndefined()
    const byStatus = (await rig.patch(`${deployments}/web/status`, { spec: { replicas: 7 }, status: { replicas: 2 } }))
      .body
    expect(byStatus).toMatchObject({ spec: { replicas: 3 }, status: { replicas: 2 }, metadata: { generation: 2 } })
  })

  test('an apply creates, owns, conflicts and takes by force', async () => {
    const rig = new Rig()
    const apply = (replicas: number, query: object) =>
      rig.ask(
        'PATCH',
        `${deployments}/web`,
        { ...deployment('web', { replicas }), kind: 'Deployment' },
        { headers: yaml, query: { ...query } },
      )
    expect((await apply(1, { fieldManager: 'a' })).status).toBe(201)
    const refused = await apply(2, { fieldManager: 'b' })
    expect(refused.status).toBe(409)
    expect(refused.body.message).toBe('Apply failed with 1 conflict: conflict with "a": .spec.replicas')
    expect(refused.body.details.causes[0].reason).toBe('FieldManagerConflict')
    expect((await apply(2, { fieldManager: 'b', force: true })).body.spec.replicas).toBe(2)
    expect((await apply(2, {})).body.message).toContain('fieldManager: Required value: is required for apply patch')
  })

  test('an apply with the uid of an object that is gone does not make another one', async () => {
    const rig = new Rig()
    const body = { ...configMap('one'), metadata: { name: 'one', uid: 'was-there' } }
    const { status, body: answer } = await rig.ask('PATCH', `${configMaps}/one`, body, {
      headers: yaml,
      query: { fieldManager: 'a' },
    })
    expect(status).toBe(409)
    expect(answer.message).toContain(
      'uid mismatch: the provided object specified uid was-there, and no existing object was found',
    )
  })

  test('a scale reads and writes replicas, and nothing else', async () => {
    const rig = new Rig()
    await rig.ask('POST', deployments, deployment('web', { replicas: 2 }))
    const scale = (await rig.ask('GET', `${deployments}/web/scale`)).body
    expect(scale).toMatchObject({ kind: 'Scale', spec: { replicas: 2 }, status: { replicas: 0, selector: 'app=web' } })
    scale.spec.replicas = 5
    expect((await rig.ask('PUT', `${deployments}/web/scale`, scale)).body.spec.replicas).toBe(5)
    expect((await rig.ask('PUT', `${deployments}/web/scale`, scale)).status).toBe(409)
    const { body } = await rig.patch(`${deployments}/web/scale`, { spec: { replicas: -1 } })
    expect(body.message).toBe(
      'Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    )
  })

  test('binding is once, and says when and where', async () => {
    const rig = new Rig()
    await rig.ask('POST', pods, pod('one'))
    const bind = (name: string) =>
      rig.ask('POST', `${pods}/one/binding`, { metadata: { name: 'one' }, target: { kind: 'Node', name } })
    expect((await bind('node-1')).status).toBe(201)
    const { spec, status } = (await rig.ask('GET', `${pods}/one`)).body
    expect(spec.nodeName).toBe('node-1')
    expect(status.conditions).toMatchObject([{ type: 'PodScheduled', status: 'True' }])
    expect((await bind('node-2')).body.message).toBe(
      'Operation cannot be fulfilled on pods/binding "one": pod one is already assigned to node "node-1"',
    )
  })
})

describe('who asks what cannot be', () => {
  test.each([
    ['POST', `${configMaps}/one`, 405],
    ['PUT', configMaps, 405],
    ['DELETE', '/api/v1/namespaces', 405],
    ['POST', '/api/v1/configmaps', 405],
    ['GET', `${configMaps}/one/status`, 404],
    ['GET', '/apis/apps/v1/nothings', 404],
    ['GET', '/apis/nowhere.io/v1', 404],
    ['GET', '/apis/apps/v1/deployments/web', 404],
  ] as const)('%s %s is answered %i', async (method, path, status) => {
    expect((await new Rig().ask(method, path)).status).toBe(status)
  })

  test('content types and forms that there are not', async () => {
    const rig = new Rig()
    expect((await rig.ask('POST', configMaps, '', { headers: { 'content-type': 'text/plain' } })).status).toBe(415)
    expect(
      (await rig.ask('PATCH', `${configMaps}/x`, {}, { headers: { 'content-type': 'application/json' } })).status,
    ).toBe(415)
    expect((await rig.ask('GET', configMaps, undefined, { headers: { accept: 'text/html' } })).status).toBe(406)
  })
})

describe('addresses of services', () => {
  const services = '/api/v1/namespaces/default/services'
  const service = (name: string, spec: object = {}): object => ({
    metadata: { name },
    spec: { ports: [{ port: 80 }], ...spec },
  })

  test('are given once, kept by updates, and given again when they are free', async () => {
    const rig = new Rig({ random: () => 0 })
    const create = async (name: string, spec = {}) => (await rig.ask('POST', services, service(name, spec))).body
    expect((await create('a')).spec).toMatchObject({ clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1'] })
    expect((await create('b', { type: 'NodePort' })).spec).toMatchObject({
      clusterIP: '10.96.0.2',
      ports: [{ nodePort: 30_000 }],
    })
    const kept = await rig.ask('PUT', `${services}/b`, service('b', { type: 'NodePort' }))
    expect(kept.body.spec).toMatchObject({ clusterIP: '10.96.0.2', ports: [{ nodePort: 30_000 }] })
    const taken = await rig.ask('POST', services, service('c', { clusterIP: '10.96.0.2' }))
    expect([taken.status, taken.body.details.causes[0].field]).toEqual([422, 'spec.clusterIPs'])
    await rig.ask('DELETE', `${services}/a`)
    await rig.ask('POST', services, service('dry'), { query: { dryRun: 'All' } })
    expect((await create('d')).spec.clusterIP).toBe('10.96.0.1')
    expect((await create('none', { clusterIP: 'None' })).spec.clusterIP).toBe('None')
    expect((await create('none-2', { clusterIP: 'None' })).spec.clusterIP).toBe('None')
  })
})

test('the same randomness and the same requests make the same objects', async () => {
  const history = async (): Promise<string[]> => {
    const rig = new Rig()
    const writes: string[] = []
    rig.server.onWrite((write) => writes.push(JSON.stringify(write)))
    await rig.ask('POST', deployments, deployment('web'))
    await rig.ask('POST', '/api/v1/namespaces/default/services', {
      metadata: { name: 's' },
      spec: { ports: [{ port: 80 }] },
    })
    await rig.ask('POST', pods, { ...pod('x'), metadata: { generateName: 'web-' } })
    return writes
  }
  const first = await history()
  expect(first).toHaveLength(3)
  expect(await history()).toEqual(first)
})

test('a listener that writes is told of its write after the one that it heard of', async () => {
  const rig = new Rig()
  const heard: string[] = []
  let isFirst = true
  rig.server.onWrite(({ name }) => {
    if (isFirst) void rig.ask('POST', configMaps, configMap('second'))
    isFirst = false
    heard.push(`a ${name}`)
  })
  rig.server.onWrite(({ name }) => heard.push(`b ${name}`))
  await rig.ask('POST', configMaps, configMap('first'))
  expect(heard).toEqual(['a first', 'b first', 'a second', 'b second'])
})
