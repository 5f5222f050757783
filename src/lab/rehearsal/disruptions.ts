import { deployments, type KubeApi, isKubeError, nodes, pods, systemClock } from '../../kube/index.ts'
import type { Disruption } from '../scenario.ts'
import { labNamespace, type Stage, workloadName } from '../stage/index.ts'

/** One way to end pods, done once. Resolves when the Deployment is as it should be; old pods may still be draining. */
export type Disrupt = (stage: Stage, replicas: number, signal: AbortSignal) => Promise<void>

export interface DisruptionKind {
  /** In a person's words. */
  readonly what: string
  /** What has to be so before it begins; not a part of it. */
  readonly prepare?: Disrupt
  readonly disrupt: Disrupt
}

const target = { namespace: labNamespace, name: workloadName }
const rolloutSeconds = 180
/** A budget that does not allow an eviction is asked again, as `kubectl drain` does it. */
const evictionRetryMs = 1000
/** How often a dataplane is asked what it has programmed: it tells nobody by itself. */
const lookMs = 50
const hearingSeconds = 30

export const disruptionKinds: Readonly<Record<Disruption, DisruptionKind>> = {
  restart: { what: 'rolling restart', disrupt: restart },
  'scale-down': {
    what: 'scale-down to half of the pods',
    prepare: (stage, replicas, signal) => scale(stage, replicas, signal),
    disrupt: (stage, replicas, signal) => scale(stage, Math.max(1, Math.floor(replicas / 2)), signal),
  },
  'node-drain': { what: 'node drain', disrupt: drainNode },
}

/** What `kubectl rollout restart` does. */
async function restart(stage: Stage, _replicas: number, signal: AbortSignal): Promise<void> {
  const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() }
  const { metadata } = await stage.api.mergePatch(
    deployments,
    target,
    { spec: { template: { metadata: { annotations } } } },
    { fieldManager: 'kubectl-rollout', signal },
  )
  await rolledOut(stage, metadata.generation ?? 0, signal)
}

async function scale(stage: Stage, replicas: number, signal: AbortSignal): Promise<void> {
  const { metadata } = await stage.api.mergePatch(
    deployments,
    target,
    { spec: { replicas } },
    { fieldManager: 'kubectl', signal },
  )
  await rolledOut(stage, metadata.generation ?? 0, signal)
}

/** What `kubectl drain` does, for the workload's pods, on the node that has most of them. */
async function drainNode(stage: Stage, _replicas: number, signal: AbortSignal): Promise<void> {
  const { api, watched } = stage
  const living = watched.podsOf(workloadName).filter(({ deleting }) => !deleting)
  const count = (node: string): number => living.filter((pod) => pod.node === node).length
  const [node] = stage.site.nodes.toSorted((a, b) => count(b) - count(a))
  if (node === undefined || stage.site.nodes.length < 2) {
    throw new Error('a node drain needs a second node that takes the pods')
  }
  await cordon(api, node, true, signal)
  try {
    await Promise.all(living.filter((pod) => pod.node === node).map(({ name }) => evict(api, name, signal)))
    await watched.until(
      `the pods leave ${node}`,
      () => watched.podsOf(workloadName).every((pod) => pod.node !== node || pod.deleting),
      rolloutSeconds,
      signal,
    )
    await rolledOut(stage, 0, signal)
  } finally {
    // Also when the run was interrupted: a node that takes no pods is the one thing that would stay.
    await cordon(api, node, false)
  }
}

async function cordon(api: KubeApi, node: string, unschedulable: boolean, signal?: AbortSignal): Promise<void> {
  const options = { fieldManager: 'kubectl-cordon', ...(signal === undefined ? {} : { signal }) }
  await api.mergePatch(nodes, { name: node }, { spec: { unschedulable: unschedulable || null } }, options)
}

async function evict(api: KubeApi, name: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await api.create(
        pods,
        { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { namespace: labNamespace, name } },
        { subresource: 'eviction', signal },
      )
      return
    } catch (error) {
      if (isKubeError(error, 'NotFound')) return
      if (!isKubeError(error, 'TooManyRequests')) throw error
      await pause(evictionRetryMs, signal)
    }
  }
}

/** Every replica is of at least this generation, and available. */
export async function rolledOut(stage: Stage, generation: number, signal: AbortSignal): Promise<void> {
  await stage.watched.until(
    `the rollout of ${workloadName}`,
    () => stage.watched.rolledOut(workloadName, generation),
    rolloutSeconds,
    signal,
  )
}

/** No pod of the workload is on its way out. */
export async function noneTerminating(stage: Stage, signal: AbortSignal): Promise<void> {
  await stage.watched.until(
    `the old pods of ${workloadName} end`,
    () => stage.watched.podsOf(workloadName).every(({ deleting }) => !deleting),
    rolloutSeconds,
    signal,
  )
}

/** How long a dataplane that nobody can ask is given to hear of pods that are ready. */
const usualHearingMs = 2000

/** Each node's dataplane sends to each pod: whoever puts load on earlier measures the deployment. */
export async function routedTo(stage: Stage, signal: AbortSignal): Promise<void> {
  const { watched, site } = stage
  const { dataplane } = site
  if (dataplane === null) return systemClock.sleep(usualHearingMs, signal)
  const missing = (): boolean =>
    watched
      .podsOf(workloadName)
      .some(({ ip, deleting }) => !deleting && site.nodes.some((node) => !dataplane.routes(node, ip)))
  for (let waitedMs = 0; missing(); waitedMs += lookMs) {
    if (waitedMs >= hearingSeconds * 1000)
      throw new Error(`not every node sends to every pod within ${hearingSeconds} s`)
    await systemClock.sleep(lookMs, signal)
  }
}

/** A stretch of time that is itself the subject (quiet load), not a wait for something. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await systemClock.sleep(ms, signal)
}
