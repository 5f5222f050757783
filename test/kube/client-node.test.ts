import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CoordinationV1Api, V1MicroTime } from '@kubernetes/client-node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { generatedCalls, loadClusterConfig } from '../../src/kube/client-node.ts'
import { createUndiciTransport, type Observation } from '../../src/kube/index.ts'
import { failure, json, ScenarioServer } from './scenario-server.ts'
import { VirtualClock } from './virtual-clock.ts'

let directory: string
let clock: VirtualClock

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drainkeeper-kube-'))
  clock = new VirtualClock()
})

afterEach(() => rm(directory, { recursive: true }))

/** Writes a kubeconfig for one user; JSON is YAML. */
async function kubeconfig(user: object, cluster: object = {}): Promise<string> {
  const path = join(directory, 'config')
  const config = {
    'current-context': 'main',
    clusters: [{ name: 'c', cluster: { server: 'https://cluster.test:6443', ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'main', context: { cluster: 'c', user: 'u', namespace: 'shop' } }],
  }
  await writeFile(path, JSON.stringify(config))
  return path
}

describe('access', () => {
  test('has the certificates and the context of the kubeconfig', async () => {
    await writeFile(join(directory, 'ca.crt'), 'the CA')
    const data = (text: string): string => Buffer.from(text).toString('base64')
    const path = await kubeconfig(
      { 'client-certificate-data': data('cert'), 'client-key-data': data('key') },
      { 'certificate-authority': 'ca.crt', 'tls-server-name': 'kubernetes' },
    )
    const config = loadClusterConfig({ clock, kubeconfig: path })
    expect(config).toMatchObject({ server: 'https://cluster.test:6443', namespace: 'shop', context: 'main' })
    const { tls, headers } = await config.access(false)
    expect(headers).toEqual({})
    expect(tls).toEqual({
      ca: Buffer.from('the CA'),
      cert: Buffer.from('cert'),
      key: Buffer.from('key'),
      servername: 'kubernetes',
    })
  })

  test.each([
    ['token', { token: 'secret' }, 'Bearer secret'],
    ['password', { username: 'me', password: 'pw' }, `Basic ${Buffer.from('me:pw').toString('base64')}`],
  ])('carries a %s', async (_kind, user, authorization) => {
    const { access } = loadClusterConfig({ clock, kubeconfig: await kubeconfig(user) })
    expect((await access(false)).headers).toEqual({ Authorization: authorization })
  })

  test('is the same object while nothing changes, and reads a rotated token when renewed', async () => {
    const tokenFile = join(directory, 'token')
    await writeFile(tokenFile, 'old')
    const user = { 'auth-provider': { name: 'tokenFile', config: { tokenFile } } }
    const { access } = loadClusterConfig({ clock, kubeconfig: await kubeconfig(user) })
    const first = await access(false)
    await writeFile(tokenFile, 'new')
    await clock.advance(11_000)
    expect(await access(false)).toBe(first)
    const renewed = await access(true)
    expect([first.headers, renewed.headers]).toEqual([{ Authorization: 'Bearer old' }, { Authorization: 'Bearer new' }])
    expect(await access(false)).toBe(renewed)
  })

  test('runs a credential plugin, again only when renewed', async () => {
    const script = `const fs = require('node:fs'), f = ${JSON.stringify(join(directory, 'runs'))}
      fs.appendFileSync(f, 'x')
      console.log(JSON.stringify({ status: { token: 'run' + fs.readFileSync(f).length } }))`
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath, args: ['-e', script] }
    const { access } = loadClusterConfig({ clock, kubeconfig: await kubeconfig({ exec }) })
    const tokens = []
    for (const renew of [false, false, true, false]) {
      await clock.advance(11_000)
      tokens.push((await access(renew)).headers?.['Authorization'])
    }
    expect(tokens).toEqual(['Bearer run1', 'Bearer run1', 'Bearer run2', 'Bearer run2'])
  })
})

describe('a configuration that cannot work says so', () => {
  test.each([
    ['another context', async () => ({ kubeconfig: await kubeconfig({}), context: 'nope' }), 'it has: main'],
    ['no such file', async () => ({ kubeconfig: join(directory, 'none') }), 'cannot be read'],
  ])('%s', async (_sentence, options, message) => {
    const loading = await options()
    expect(() => loadClusterConfig({ clock, ...loading })).toThrow(message)
  })

  test('a credential plugin that fails', async () => {
    const exec = { command: process.execPath, args: ['-e', 'console.error("no login"); process.exit(1)'] }
    const { access } = loadClusterConfig({ clock, kubeconfig: await kubeconfig({ exec }) })
    await expect(access(false)).rejects.toMatchObject({
      code: 'Unexpected',
      message: expect.stringContaining('no login') as string,
    })
  })
})

describe("client-node's generated calls", () => {
  test('go over the transport, with its metrics and retries', async () => {
    const server = await ScenarioServer.start()
    const observations: Pick<Observation, 'verb' | 'resource' | 'status'>[] = []
    const transport = createUndiciTransport({
      clock,
      access: async () => ({ server: server.url }),
      observe: ({ verb, resource, status }) => observations.push({ verb, resource, status }),
    })
    const path = '/apis/coordination.k8s.io/v1/namespaces/shop/leases'
    const lease = { metadata: { name: 'a' }, spec: { holderIdentity: 'x', renewTime: '2026-01-01T00:00:00.000001Z' } }
    server.expect(
      { call: `GET ${path}/a`, reply: json(lease) },
      { call: `GET ${path}`, query: { limit: '1' }, reply: json({ metadata: {}, items: [] }) },
      {
        call: `PUT ${path}/a`,
        body: { spec: { renewTime: '2026-01-02T00:00:00.000000Z' } },
        reply: failure(409, 'Conflict'),
      },
    )
    const leases = generatedCalls(transport, CoordinationV1Api)
    const read = await leases.readNamespacedLease({ namespace: 'shop', name: 'a' })
    expect(read.spec?.holderIdentity).toBe('x')
    await leases.listNamespacedLease({ namespace: 'shop', limit: 1 })
    const body = { metadata: { name: 'a' }, spec: { renewTime: new V1MicroTime('2026-01-02T00:00:00Z') } }
    await expect(leases.replaceNamespacedLease({ namespace: 'shop', name: 'a', body })).rejects.toMatchObject({
      code: 409,
    })
    const resource = 'leases.coordination.k8s.io'
    expect(observations).toEqual([
      { verb: 'get', resource, status: 200 },
      { verb: 'list', resource, status: 200 },
      { verb: 'update', resource, status: 409 },
    ])
    server.verify()
    await transport.close()
    await server.close()
  })
})
