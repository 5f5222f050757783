import { deployments, type KubeApi, isKubeError, nodes, pods, systemClock } from '../../kube/index.ts'
import type { Disruption } from '../scenario.ts'
import { labNamespace, type Stage, type WatchedPod, workloadName } from '../stage/index.ts'

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

/** What `kubectl drain` does, for the workload's pods, on the node that has most of them, be there an agent or not. */
async function drainNode(stage: Stage, _replicas: number, signal: AbortSignal): Promise<void> {
  const { api, watched, borrowed } = stage
  const living = watched.podsOf(workloadName).filter(({ deleting }) => !deleting)
  const count = (node: string): number => living.filter((pod) => pod.node === node).length
  const [node] = [...new Set(living.map((pod) => pod.node))].toSorted((a, b) => count(b) - count(a))
  if (node === undefined || stage.site.nodes.length < 2) {
    throw new Error('a node drain needs a second node that takes the pods')
  }
  const cordoned = `node ${node} takes no pods: kubectl uncordon ${node}`
  borrowed.borrow(cordoned, () => cordon(api, node, false))
  try {
    // Not interrupted: nobody would know whether the API server has done it.
    await cordon(api, node, true)
    await Promise.all(living.filter((pod) => pod.node === node).map(({ name }) => evict(api, name, signal)))
    await watched.until(
      `the pods leave ${node}`,
      () => watched.podsOf(workloadName).every((pod) => pod.node !== node || pod.deleting),
      rolloutSeconds,
      signal,
    )
    await rolledOut(stage, 0, signal)
  } finally {
    await borrowed.giveBack(cordoned)
  }
}

async function cordon(api: KubeApi, node: string, unschedulable: boolean): Promise<void> {
  const change = { spec: { unschedulable: unschedulable || null } }
  await api.mergePatch(nodes, { name: node }, change, { fieldManager: 'kubectl-cordon' })
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

/** How long a dataplane that nobody can ask is given to hear of pods that are ready, or gone. */
const usualHearingMs = 2000
/** How long after a disruption the first of its pods may be heard of: Deployments and pods are watched one by one. */
const endingSeconds = 5

/** Waits until one of these pods is on its way out; in vain where a disruption ends none, which is found out later. */
export async function anyEnds(stage: Stage, among: readonly WatchedPod[], signal: AbortSignal): Promise<void> {
  const { watched } = stage
  await watched
    .until('a pod ends', () => ended(stage, among).length > 0, endingSeconds, signal)
    .catch(() => signal.throwIfAborted())
}

/** No dataplane sends to those of these pods that have ended: what they cost is over. */
export async function letGo(stage: Stage, among: readonly WatchedPod[], signal: AbortSignal): Promise<void> {
  const { dataplane, nodes: all } = stage.site
  if (dataplane === null) return systemClock.sleep(usualHearingMs, signal)
  const gone = ended(stage, among)
  const routed = (): boolean => gone.some(({ ip }) => all.some((node) => dataplane.routes(node, ip)))
  for (let waitedMs = 0; routed() && waitedMs < hearingSeconds * 1000; waitedMs += lookMs) {
    await systemClock.sleep(lookMs, signal)
  }
}

/** Those that are on their way out, or gone, and whose address no other pod has got. */
function ended({ watched }: Stage, among: readonly WatchedPod[]): readonly WatchedPod[] {
  const living = watched.podsOf(workloadName).filter(({ deleting }) => !deleting)
  return among.filter((pod) => living.every(({ uid, ip }) => uid !== pod.uid && ip !== pod.ip))
}

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
