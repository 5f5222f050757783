import { execFile, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Cluster, type ClusterOptions, startCluster } from '../../../src/cluster/index.ts'
import { type Pod, type PodStatus } from '../../../src/cluster/kubelet/pod.ts'
import { createKubeApi, deployments, type KubeApi, type KubeObject, pods, services } from '../../../src/kube/index.ts'

const web = `
  const server = require('http').createServer((request, response) => response.end(process.env.HOSTNAME))
  server.listen(8080, () => console.log('up'))
  process.on('SIGTERM', () => {
    require('fs').writeFileSync(process.env.DRAIN_TERMINATION_MESSAGE_PATH, 'drained')
    process.exit(0)
  })`

async function running(
  options: Partial<ClusterOptions> = {},
): Promise<{ cluster: Cluster; api: KubeApi; errors: unknown[] }> {
  const errors: unknown[] = []
  const cluster = await startCluster({
    images: { 'web:1': { command: [process.execPath, '-e', web] } },
    lag: { default: { kind: 'fixed', ms: 0 } },
    relistMs: 50,
    seed: 1,
    onError: (component, error) => errors.push(component, error),
    ...options,
  })
  onTestFinished(() => cluster.stop())
  return { cluster, api: createKubeApi(cluster.client('test')), errors }
}

const podSpec = {
  terminationGracePeriodSeconds: 5,
  containers: [
    { name: 'app', image: 'web:1', readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 } },
  ],
}

const deployment = (replicas: number): KubeObject =>
  ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: 'default', name: 'web' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: podSpec },
    },
  }) as KubeObject

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'default', name: 'web' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
} as KubeObject

/** Resolves at the first stored state of the cluster that fits. */
function until(cluster: Cluster, fits: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!fits()) return
      stop()
      resolve()
    }
    const stop = cluster.server.onWrite(look)
    look()
  })
}

const podsOf = (cluster: Cluster): readonly Pod[] => cluster.server.objects(pods, 'default') as readonly Pod[]
const isReady = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp === undefined &&
  (status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false)

/** What a client on a node gets from the Service; the code with which its connection failed. */
async function ask(cluster: Cluster, node: string): Promise<string | undefined> {
  const { host, port } = await cluster.proxyAddress(node, { namespace: 'default', name: 'web', port: 80 })
  return fetch(`http://${host}:${port}`, { headers: { connection: 'close' } }).then(
    (response) => response.text(),
    (error: { cause?: { code?: string } }) => error.cause?.code,
  )
}

/** The proxies follow a moment later: asks until the answer fits. */
async function answer(cluster: Cluster, node: string, fits: (answer: string | undefined) => boolean): Promise<void> {
  while (!fits(await ask(cluster, node))) await new Promise((resolve) => setTimeout(resolve, 10))
}

const modes = process.platform === 'linux' ? (['loopback', 'mapped'] as const) : (['mapped'] as const)

describe.each(modes)('a cluster on a %s network', (network) => {
  test('rolls a Deployment out; its Service is reached from each node', async () => {
    const { cluster, api, errors } = await running({ network })
    expect(cluster.nodes).toEqual(['node-1', 'node-2'])
    await api.create(services, service)
    expect(await ask(cluster, 'node-1')).toBe('ECONNREFUSED')
    await api.create(deployments, deployment(2))
    await until(cluster, () => podsOf(cluster).filter(isReady).length === 2)
    const names = podsOf(cluster).map(({ metadata }) => metadata.name)
    expect(new Set(podsOf(cluster).map(({ spec }) => spec.nodeName)).size).toBe(2)
    for (const node of cluster.nodes) for (const name of names) await answer(cluster, node, (told) => told === name)

    const ended: PodStatus[] = []
    cluster.server.onWrite(({ resource, object, removed }) => {
      if (resource.plural === 'pods' && removed) ended.push((object as Pod).status ?? {})
    })
    const restart = { spec: { template: { metadata: { annotations: { restarted: 'now' } } } } }
    await api.mergePatch(deployments, { namespace: 'default', name: 'web' }, restart)
    await until(cluster, () => ended.length === 2 && podsOf(cluster).filter(isReady).length === 2)
    expect(ended.map(({ containerStatuses }) => containerStatuses?.[0]?.state.terminated)).toEqual([
      expect.objectContaining({ exitCode: 0, reason: 'Completed', message: 'drained' }),
      expect.objectContaining({ exitCode: 0, reason: 'Completed', message: 'drained' }),
    ])
    for (const node of cluster.nodes)
      await answer(cluster, node, (told) => !names.includes(told ?? '') && told !== undefined)
    expect(errors).toEqual([])
  })
})

test('programmings tell when each node followed, its lag after the slice changed', async () => {
  const lag = { default: { kind: 'fixed', ms: 20 }, nodes: { 'node-2': { kind: 'fixed', ms: 300 } } } as const
  const { cluster, api } = await running({ lag })
  await api.create(services, service)
  await api.create(deployments, deployment(1))
  for (const node of cluster.nodes) await answer(cluster, node, (told) => told?.startsWith('web-') ?? false)
  const ready = cluster.programmings().filter(({ use }) => use === 'ready')
  expect(ready.map(({ node }) => node)).toEqual(['node-1', 'node-2'])
  for (const { node, pod, seenAtMs, programmedAtMs } of ready) {
    expect(pod).toMatch(/^web-/)
    // A timer may fire within the millisecond before.
    expect(programmedAtMs - seenAtMs).toBeGreaterThanOrEqual((node === 'node-1' ? 20 : 300) - 1)
  }
})

test('a container that is killed is started again; logs tell of both runs', async () => {
  const { cluster, api } = await running()
  await api.create(deployments, deployment(1))
  await until(cluster, () => podsOf(cluster).some(isReady))
  const name = podsOf(cluster)[0]?.metadata.name ?? ''
  expect(cluster.killContainer('default', 'nobody')).toBe(false)
  expect(cluster.killContainer('default', name)).toBe(true)
  await until(cluster, () => {
    const status = podsOf(cluster)[0]?.status?.containerStatuses?.[0]
    return status?.restartCount === 1 && status.ready
  })
  expect(podsOf(cluster)[0]?.status?.containerStatuses?.[0]?.lastState.terminated?.exitCode).toBe(137)
  const log = (query = '') => fetch(`${cluster.url}/api/v1/namespaces/default/pods/${name}/log${query}`)
  expect(await (await log()).text()).toBe('up\n')
  expect(await (await log('?previous=true')).text()).toBe('up\n')
  const proxied = await fetch(`${cluster.url}/api/v1/namespaces/default/pods/${name}:8080/proxy/`)
  expect(await proxied.text()).toBe(name)
  expect(await cluster.memoryBytes()).toBeGreaterThan(10e6)
})

test('stop ends every process, connection and file, and may be called twice', async () => {
  const { cluster, api } = await running()
  await api.create(deployments, deployment(2))
  await until(cluster, () => podsOf(cluster).filter(isReady).length === 2)
  const socket = cluster.network.connect(podsOf(cluster)[0]?.status?.podIP ?? '', 8080)
  await once(socket, 'connect')
  const broken = text(socket).catch(() => 'reset')
  expect(existsSync(cluster.kubeconfigPath)).toBe(true)
  await Promise.all([cluster.stop(), cluster.stop()])
  await broken
  expect(await cluster.memoryBytes()).toBe(0)
  expect(existsSync(cluster.kubeconfigPath)).toBe(false)
  await expect(fetch(cluster.url)).rejects.toThrow()
})

test('a port that is taken is told, and nothing is left', async () => {
  const { cluster } = await running()
  const port = Number(new URL(cluster.url).port)
  await expect(startCluster({ images: {}, port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

const kubectl = 'kubectl'
const installed = spawnSync(kubectl, ['version', '--client']).status === 0

test.skipIf(!installed)(
  'kubectl rolls out, restarts, undoes and reads logs (skipped where it is not installed)',
  async () => {
    const { cluster, errors } = await running()
    const run = async (...args: string[]): Promise<string> =>
      (await promisify(execFile)(kubectl, ['--kubeconfig', cluster.kubeconfigPath, ...args])).stdout
    const applied = promisify(execFile)(kubectl, ['--kubeconfig', cluster.kubeconfigPath, 'apply', '-f', '-'])
    applied.child.stdin?.end(`${JSON.stringify(deployment(2))}\n`)
    expect((await applied).stdout).toContain('deployment.apps/web created')
    const waitFor = () => run('rollout', 'status', 'deployment/web', '--timeout=15s')
    expect(await waitFor()).toContain('successfully rolled out')
    await run('rollout', 'restart', 'deployment/web')
    expect(await waitFor()).toContain('successfully rolled out')
    await run('rollout', 'undo', 'deployment/web')
    expect(await waitFor()).toContain('successfully rolled out')
    expect(await run('rollout', 'history', 'deployment/web')).toMatch(/2 .*\n3 /)
    expect(await run('get', 'nodes')).toMatch(/node-1 +Ready/)
    expect(await run('logs', 'deployment/web')).toBe('up\n')
    expect(errors).toEqual([])
  },
)
