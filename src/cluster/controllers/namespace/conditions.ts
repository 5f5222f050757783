import type { KubeObject, Resource } from '../../../kube/index.ts'
import type { Condition } from '../shared/objects.ts'
import { timestamp } from '../shared/timestamps.ts'

/** What a namespace still holds of one resource. */
export interface Remainder {
  readonly resource: Resource
  readonly items: readonly KubeObject[]
}

/** What is told of a namespace that goes: each condition says either what is in the way, or that nothing is. */
export function deletionConditions(
  present: readonly Condition[],
  remaining: readonly Remainder[],
  nowMs: number,
): readonly Condition[] {
  const resources = remaining.map(({ resource: { plural, group }, items }) => {
    return `${plural}.${group} has ${items.length} resource instances`
  })
  const finalizers = new Map<string, number>()
  for (const { items } of remaining) {
    for (const name of items.flatMap(({ metadata }) => metadata.finalizers ?? [])) {
      finalizers.set(name, (finalizers.get(name) ?? 0) + 1)
    }
  }
  const holders = Array.from(finalizers, ([name, count]) => `${name} in ${count} resource instances`)
  const told: Told[] = [
    ['NamespaceDeletionDiscoveryFailure', 'ResourcesDiscovered', 'All resources successfully discovered'],
    ['NamespaceDeletionGroupVersionParsingFailure', 'ParsedGroupVersions', 'All legacy kube types successfully parsed'],
    [
      'NamespaceDeletionContentFailure',
      'ContentDeleted',
      'All content successfully deleted, may be waiting on finalization',
    ],
    resources.length === 0
      ? ['NamespaceContentRemaining', 'ContentRemoved', 'All content successfully removed']
      : ['NamespaceContentRemaining', 'SomeResourcesRemain', `Some resources are remaining: ${list(resources)}`, true],
    holders.length === 0
      ? ['NamespaceFinalizersRemaining', 'ContentHasNoFinalizers', 'All content-preserving finalizers finished']
      : [
          'NamespaceFinalizersRemaining',
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${list(holders)}`,
          true,
        ],
  ]
  return told.map(([type, reason, message, isSo = false]) => {
    const status = isSo ? 'True' : 'False'
    const before = present.find((condition) => condition.type === type)
    const since = before?.status === status ? before.lastTransitionTime : undefined
    return { type, status, reason, message, lastTransitionTime: since ?? timestamp(nowMs) }
  })
}

type Told = readonly [type: string, reason: string, message: string, isSo?: boolean]

function list(parts: readonly string[]): string {
  return [...parts].sort().join(', ')
}
