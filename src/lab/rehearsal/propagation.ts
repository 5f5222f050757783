import { groundTruth, type NodeTruth, quantile } from '../measure/index.ts'
import type { MeasuredPropagation } from '../result.ts'
import type { Variant } from '../scenario.ts'
import { type Dataplane, workloadName } from '../stage/index.ts'
import { newConnections } from './new-connections.ts'
import type { ObservedPod } from './pod-log.ts'
import { closedMs } from './pod-timeline.ts'
import type { LoadedStretch, VariantEvidence } from './run-variant.ts'

/** How long each node went on sending new connections to deleted pods, as the clients saw it, beside what was set. */
export function propagationOf(
  variant: Variant,
  { learning, counted, pods, policy }: VariantEvidence,
  dataplane: Dataplane | null,
): MeasuredPropagation[] {
  const stretches = [learning, counted].filter((stretch) => stretch !== null)
  const truths = stretches.flatMap((stretch) => truthsOf(stretch, pods, variant))
  const boundSeconds = Number.parseFloat(policy?.targets?.[0]?.propagation?.bound ?? '')
  const nodes = [...new Set(truths.flatMap(({ nodes: each }) => each.map(({ node }) => node)))].toSorted()
  return nodes.flatMap((node): MeasuredPropagation[] => {
    const found = truths.flatMap(({ pod, nodes: each }) =>
      each.filter((truth) => truth.node === node).map((truth) => ({ pod, truth })),
    )
    const known = found.filter(({ truth }) => truth.verdict === 'known' && !wasDeaf(truth))
    const cutShort = found.filter(({ truth }) => truth.verdict === 'cut-short')
    if (known.length === 0 && cutShort.length === 0) return []
    const measuredMs = known.map(({ truth }) => estimateMs(truth))
    // Set against measured, pod by pod; where nothing could be measured, what it would have been.
    const setMs = (known.length === 0 ? cutShort : known).flatMap(({ pod }) => trueMs(pod, node, dataplane))
    return [
      {
        service: workloadName,
        node,
        samples: known.length,
        cutShort: cutShort.length,
        p50Ms: quantile(measuredMs, 0.5) ?? 0,
        maxMs: quantile(measuredMs, 1) ?? 0,
        setMs: setMs.length === 0 ? null : { p50Ms: quantile(setMs, 0.5) ?? 0, maxMs: quantile(setMs, 1) ?? 0 },
        operatorBoundMs: Number.isNaN(boundSeconds) ? null : boundSeconds * 1000,
      },
    ]
  })
}

interface Truth {
  readonly pod: ObservedPod
  readonly nodes: readonly NodeTruth[]
}

function truthsOf(
  { loads, probes, startMs, endMs }: LoadedStretch,
  pods: readonly ObservedPod[],
  variant: Variant,
): Truth[] {
  const deleted = pods.filter(({ deletedMs }) => deletedMs !== null && deletedMs >= startMs && deletedMs <= endMs)
  const found = groundTruth(
    newConnections([...loads, ...probes]),
    deleted.map((pod) => ({ pod: pod.name, deletedMs: pod.deletedMs ?? 0, endedMs: servedUntilMs(pod, variant) })),
  )
  return found.flatMap(({ nodes }, index) => {
    const pod = deleted[index]
    return pod === undefined ? [] : [{ pod, nodes }]
  })
}

/**
 * Until when a pod can have answered. Its end is seen late (a kubelet looks at its containers once a second), and what
 * nobody answers proves nothing about routing.
 */
function servedUntilMs(pod: ObservedPod, { server, preStopSleepSeconds = 0 }: Variant): number | null {
  const { deletedMs, endedMs } = pod
  if (server === 'drained') return closedMs(pod) ?? endedMs
  if (deletedMs === null) return endedMs
  return Math.min(deletedMs + preStopSleepSeconds * 1000, endedMs ?? Infinity)
}

/** After more probes than this without an answer, a fifth of a second of them, a silence proves nothing. */
const mostFailedProbes = 20

/** A machine that is too busy answers no probe in time: that is no sign of routing. */
const wasDeaf = ({ failedProbes }: NodeTruth): boolean => failedProbes > mostFailedProbes

/** ln 20: how many mean gaps the resolution of a truth is long. */
const gapsOfResolution = Math.log(20)

/**
 * The last connection that was seen comes before the moment at which routing ended, by one gap on average: an estimate
 * of that moment adds it.
 */
function estimateMs({ propagationMs, resolutionMs }: NodeTruth): number {
  return propagationMs + resolutionMs / gapsOfResolution
}

/** What that node's proxy itself says of it, from the deletion on: the API's own delay is a part of it. */
function trueMs({ deletedMs, ip }: ObservedPod, node: string, dataplane: Dataplane | null): number[] {
  const letGoMs = deletedMs === null ? null : dataplane?.letGoMs(node, ip, deletedMs)
  return deletedMs === null || letGoMs === null || letGoMs === undefined ? [] : [letGoMs - deletedMs]
}
