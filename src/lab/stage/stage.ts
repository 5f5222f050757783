import { createKubeApi, isKubeError, type KubeApi, type KubeObject, namespaces, services } from '../../kube/index.ts'
import { AgentClient } from '../agent-client.ts'
import { Borrowed } from './borrowed.ts'
import { installOperator, isInstalled, operatorNamespace, uninstallOperator } from './installation.ts'
import {
  agentManifest,
  agentPort,
  labNamespace,
  namespaceManifest,
  serviceManifest,
  servicePort,
  workloadName,
} from './manifests.ts'
import { Objects } from './objects.ts'
import type { Address, Site } from './site.ts'
import { Watched } from './watched.ts'

/** The clients of one node. */
export interface StageAgent {
  readonly node: string
  readonly client: AgentClient
  /** Where they find the workload: through the dataplane of their own node. */
  readonly target: Address
}

/** A furnished cluster: what is rehearsed comes and goes, this stays until the end. */
export interface Stage {
  readonly site: Site
  readonly api: KubeApi
  readonly watched: Watched
  readonly agents: readonly StageAgent[]
  readonly borrowed: Borrowed
  /** Takes away what was brought, and closes the site. Resolves with what could not be taken away, in sentences. */
  close(): Promise<readonly string[]>
}

/** Why a cluster cannot be a stage. */
export class StageError extends Error {
  override readonly name = 'StageError'
  readonly code: 'AlreadyInstalled' | 'NamespaceExists' | 'NoNode'

  constructor(code: StageError['code'], message: string) {
    super(message)
    this.code = code
  }
}

export interface StageOptions {
  readonly site: Site
  /** The objects that install the operator. */
  readonly config: readonly KubeObject[]
  readonly signal: AbortSignal
  /** Receives one line per step. */
  readonly progress: (line: string) => void
}

const fieldManager = 'drainctl-rehearse'
const goneSeconds = 30

/**
 * Furnishes a site, and takes it over: it is closed with the stage, and when furnishing fails. What could not be taken
 * away then is told by `progress`.
 * @throws StageError when the cluster is not one to rehearse in; nothing was changed then.
 */
export async function openStage(options: StageOptions): Promise<Stage> {
  const { site, config, signal, progress } = options
  const objects = new Objects(site.transport, fieldManager)
  const api = createKubeApi(site.transport)
  const watched = new Watched(site.transport, labNamespace, true)
  const borrowed = new Borrowed()
  let furnishing = false

  async function close(): Promise<string[]> {
    await watched.stop().catch(() => undefined)
    // A cluster that ends with us needs no tidying.
    const stays = furnishing && site.kind !== 'embedded'
    const left = stays ? [...(await borrowed.giveAllBack()), ...(await tidy(objects, config))] : []
    await site.close()
    return left
  }

  try {
    await refuseForeign(objects, site, signal)
    furnishing = true
    progress('installing the operator')
    await installOperator(objects, config, site.image('operator'), signal)
    progress(`starting an agent on ${site.nodes.join(' and ')}`)
    await objects.apply([namespaceManifest, serviceManifest(workloadName)], signal)
    await watched.start()
    const agents = await startAgents({ site, api, objects, watched, signal })
    return { site, api, watched, agents, borrowed, close }
  } catch (error) {
    if (furnishing) progress('taking everything away again')
    for (const left of await close()) progress(leftBehind(left))
    throw error
  }
}

/** How it is told that something could not be taken away. */
export const leftBehind = (left: string): string => `LEFT BEHIND: ${left}`

/** On a cluster that works for somebody, a rehearsal would replace the operator that is there. */
async function refuseForeign(objects: Objects, site: Site, signal: AbortSignal): Promise<void> {
  if (site.nodes.length === 0) throw new StageError('NoNode', 'this cluster has no node that takes pods')
  if (await isInstalled(objects, signal)) {
    throw new StageError(
      'AlreadyInstalled',
      'drainkeeper is installed in this cluster already, and a rehearsal brings its own. ' +
        'Use another cluster, or take it away first: kubectl delete -k config',
    )
  }
  for (const name of [labNamespace, operatorNamespace]) {
    if (await objects.has(namespaces, { name }, signal)) {
      throw new StageError(
        'NamespaceExists',
        `the namespace ${name} exists in this cluster already, and a rehearsal makes its own. ` +
          `If it was left behind: kubectl delete namespace ${name}`,
      )
    }
  }
}

interface Furnishing extends Pick<StageOptions, 'site' | 'signal'> {
  readonly api: KubeApi
  readonly objects: Objects
  readonly watched: Watched
}

async function startAgents({ site, api, objects, watched, signal }: Furnishing): Promise<StageAgent[]> {
  const service = await api.get<KubeObject & { spec: { clusterIP: string } }>(services, {
    namespace: labNamespace,
    name: workloadName,
  })
  const { clusterIP: clusterIp } = service.spec
  const address = { namespace: labNamespace, name: workloadName, clusterIp, port: servicePort }
  const targets = await Promise.all(site.nodes.map((node) => site.serviceAddress(node, address)))
  const image = site.image('agent')
  const manifests = site.nodes.map((node, index) => {
    const { host, port } = targets[index] as Address
    return agentManifest(node, image, [`${host}:${port}`])
  })
  await objects.apply(manifests, signal)
  await watched.until(
    'the agents become ready',
    () => watched.podsOf('agent').filter(({ ready }) => ready).length === site.nodes.length,
    120,
    signal,
  )
  return site.nodes.map((node, index) => {
    const pod = watched.podsOf('agent').find((each) => each.node === node)
    const at = { namespace: labNamespace, name: `agent-${node}`, ip: pod?.ip ?? '' }
    const client = new AgentClient(site.agentTransport(at, agentPort))
    return { node, client, target: targets[index] as Address }
  })
}

/** Deletes what was brought, waits for the namespaces to go, and says what is still there. */
async function tidy(objects: Objects, config: readonly KubeObject[]): Promise<string[]> {
  const left: string[] = []
  const attempt = async (what: string, act: () => Promise<void>): Promise<void> => {
    try {
      await act()
    } catch (error) {
      if (isKubeError(error, 'NotFound')) return
      left.push(`${what}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  // The policies go while their definition is still there, and the operator lets go of what they had delivered.
  await attempt(`namespace ${labNamespace}`, async () => {
    await objects.delete([namespaceManifest])
    await objects.untilNamespaceGone(labNamespace, goneSeconds)
  })
  await attempt('what config/ installed', async () => {
    await uninstallOperator(objects, config)
    await objects.untilNamespaceGone(operatorNamespace, goneSeconds)
  })
  return left
}
