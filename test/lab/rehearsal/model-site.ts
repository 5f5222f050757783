import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { ApiServer } from '../../../src/cluster/api-server/index.ts'
import { startControllers } from '../../../src/cluster/controllers/index.ts'
import { createKubeApi, type KubeObject, nodes, systemClock } from '../../../src/kube/index.ts'
import { Agent } from '../../../src/lab/agent/agent.ts'
import { systemClock as agentClock } from '../../../src/lab/agent/clock.ts'
import { createAgentServer } from '../../../src/lab/agent/http-api.ts'
import type { Site } from '../../../src/lab/stage/index.ts'
import { FakeKubelet } from '../../cluster/controllers/fake-kubelet.ts'

export interface ModelSite extends Site {
  readonly server: ApiServer
  readonly kubelet: FakeKubelet
  /** How the service under test answers from now on. */
  answer: 'ok' | 'broken'
  closed: boolean
}

/**
 * A cluster without processes: a real API server and real controllers, pods that become ready and end by themselves, and
 * one real agent per node, whose target is one HTTP server of this process.
 */
export async function modelSite(nodeNames: readonly string[] = ['node-1']): Promise<ModelSite> {
  const server = new ApiServer({ clock: systemClock })
  const api = createKubeApi(server.client('test'))
  for (const name of nodeNames) await addNode(api, name)
  const kubelet = new FakeKubelet(server, systemClock)
  const controllers = startControllers({
    transport: (name) => server.client(name),
    clock: systemClock,
    random: Math.random,
    nodes: { gracePeriodMs: 1e9 },
  })
  await controllers.ready
  const target = await listening(
    createServer((_request, response) => {
      if (site.answer === 'broken') response.destroy()
      else response.setHeader('x-pod', 'some-pod').end('ok\n')
    }),
  )
  const { port } = target.address() as AddressInfo
  const agents = await Promise.all(nodeNames.map((node) => listening(createAgentServer(agentOn(node, port)))))
  const site: ModelSite = {
    server,
    kubelet,
    answer: 'ok',
    closed: false,
    kind: 'kubeconfig',
    transport: server.client('drainctl'),
    nodes: nodeNames,
    kubernetesVersion: '1.36.3',
    image: (program) => `${program}:test`,
    agentTransport: ({ name }) => {
      const at = agents[nodeNames.indexOf(name.replace('agent-', ''))]?.address() as AddressInfo
      return (path, init) => fetch(`http://127.0.0.1:${at.port}${path}`, init)
    },
    serviceAddress: async () => ({ host: '127.0.0.1', port }),
    dataplane: null,
    memoryBytes: async () => 1024,
    async close() {
      site.closed = true
      await controllers.stop()
      for (const each of [target, ...agents]) {
        each.closeAllConnections()
        each.close()
      }
    },
  }
  return site
}

function agentOn(node: string, port: number): Agent {
  return new Agent({ node, allowedTargets: [`127.0.0.1:${port}`], clock: agentClock })
}

async function listening(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

async function addNode(api: ReturnType<typeof createKubeApi>, name: string): Promise<void> {
  const labels = { 'kubernetes.io/hostname': name }
  await api.create(nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } })
  const status = {
    conditions: [{ type: 'Ready', status: 'True' }],
    allocatable: { cpu: '8', memory: '16Gi', pods: '110' },
    capacity: { cpu: '8', memory: '16Gi', pods: '110' },
  }
  await api.mergePatch<KubeObject>(nodes, { name }, { status }, { subresource: 'status' })
}
