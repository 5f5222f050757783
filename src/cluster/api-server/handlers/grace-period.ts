import type { Clock, KubeObject } from '../../../kube/index.ts'
import { rfc3339 } from '../server-context.ts'

interface Pod extends KubeObject {
  spec?: { nodeName?: string; terminationGracePeriodSeconds?: number }
  status?: { phase?: string }
}

const defaultSeconds = 30

/** How long a pod may take to end: what was asked for, else its own; nothing when no kubelet runs it. */
export function gracePeriodOf(pod: KubeObject, asked: number | undefined): number {
  const { spec, status } = pod as Pod
  if (!spec?.nodeName || status?.phase === 'Failed' || status?.phase === 'Succeeded') return 0
  const seconds = asked ?? spec.terminationGracePeriodSeconds ?? defaultSeconds
  return seconds < 0 ? 1 : seconds
}

/**
 * A second deletion of a pod that is ending: with its nearer deadline, the same object when it can go at once, undefined
 * when nothing changes. The deadline is never in the past.
 */
export function shortened(pod: KubeObject, asked: number | undefined, clock: Clock): KubeObject | undefined {
  const { metadata } = pod
  const present = metadata.deletionGracePeriodSeconds ?? 0
  if (present === 0) return pod
  if (asked === undefined) return undefined
  const seconds = asked < 0 ? 1 : asked
  if (seconds >= present) return undefined
  const deadlineMs = Date.parse(metadata.deletionTimestamp ?? '') + (seconds - present) * 1000
  const isOver = deadlineMs < clock.now()
  return {
    ...pod,
    metadata: {
      ...metadata,
      deletionTimestamp: rfc3339(isOver ? clock.now() : deadlineMs),
      deletionGracePeriodSeconds: isOver && seconds !== 0 ? 1 : seconds,
    },
  }
}
