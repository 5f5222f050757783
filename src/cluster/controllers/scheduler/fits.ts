import { hasLabels, selects } from '../../../kube/index.ts'
import type { Node, Pod, Taint, Toleration, TopologySpreadConstraint } from '../shared/objects.ts'
import { isTerminal } from '../shared/pods.ts'

/** The nodes, and where pods are. */
export interface Placement {
  readonly nodes: readonly Node[]
  /** The pods of the namespace that have a node. */
  readonly placed: readonly Pod[]
}

/** Why a pod cannot run on a node, in the scheduler's words; undefined when it can. */
export function obstacle(pod: Pod, node: Node, placement: Placement): string | undefined {
  if (node.spec?.unschedulable === true && !tolerates(pod, unschedulableTaint)) return 'node(s) were unschedulable'
  if (!(node.spec?.taints ?? []).every((taint) => !keepsAway(taint) || tolerates(pod, taint))) {
    return 'node(s) had untolerated taint(s)'
  }
  if (!hasLabels(pod.spec.nodeSelector ?? {}, node.metadata.labels)) {
    return "node(s) didn't match Pod's node affinity/selector"
  }
  for (const constraint of pod.spec.topologySpreadConstraints ?? []) {
    if (constraint.whenUnsatisfiable !== 'DoNotSchedule') continue
    const domain = node.metadata.labels?.[constraint.topologyKey]
    if (domain === undefined) {
      return "node(s) didn't match pod topology spread constraints (missing required label)"
    }
    if (skewWith(pod, constraint, domain, placement) > constraint.maxSkew) {
      return "node(s) didn't match pod topology spread constraints"
    }
  }
  return undefined
}

/** How uneven a constraint's domains would be with the pod in this one. */
export function skewWith(
  pod: Pod,
  { topologyKey, labelSelector, matchLabelKeys = [] }: TopologySpreadConstraint,
  domain: string,
  { nodes, placed }: Placement,
): number {
  const labels = pod.metadata.labels ?? {}
  const same = Object.fromEntries(matchLabelKeys.flatMap((key) => (key in labels ? [[key, labels[key] ?? '']] : [])))
  const domainOf = new Map(nodes.map(({ metadata }) => [metadata.name, metadata.labels?.[topologyKey]]))
  // Nodes that the pod does not select are no domains of it.
  const eligible = nodes.filter(({ metadata }) => hasLabels(pod.spec.nodeSelector ?? {}, metadata.labels))
  const counts = new Map<string, number>()
  for (const { metadata } of eligible) {
    const name = metadata.labels?.[topologyKey]
    if (name !== undefined) counts.set(name, 0)
  }
  for (const other of placed) {
    const name = domainOf.get(other.spec.nodeName ?? '')
    const counted = name === undefined ? undefined : counts.get(name)
    if (name === undefined || counted === undefined) continue
    const isOneOfThem = selects(labelSelector, other.metadata.labels) && hasLabels(same, other.metadata.labels)
    if (isOneOfThem && !isTerminal(other) && other.metadata.deletionTimestamp === undefined) {
      counts.set(name, counted + 1)
    }
  }
  const self = selects(labelSelector, labels) ? 1 : 0
  return (counts.get(domain) ?? 0) + self - Math.min(...counts.values())
}

/** Whether the pod tolerates this taint. */
export function tolerates({ spec }: Pod, taint: Taint): boolean {
  return spec.tolerations?.some((toleration) => isTolerated(taint, toleration)) === true
}

export function isTolerated(taint: Taint, { key, operator, value, effect }: Toleration): boolean {
  if (effect !== undefined && effect !== '' && effect !== taint.effect) return false
  if (key !== undefined && key !== '' && key !== taint.key) return false
  if (operator === 'Exists') return true
  return key !== undefined && (value ?? '') === (taint.value ?? '')
}

const unschedulableTaint: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }

function keepsAway({ effect }: Taint): boolean {
  return effect === 'NoSchedule' || effect === 'NoExecute'
}
