import { pods } from '../../../kube/index.ts'
import { setCondition } from './conditions.ts'
import type { ControllerContext } from './controller.ts'
import { unlessGone } from './gone.ts'
import type { Pod } from './objects.ts'
import { timestamp } from './timestamps.ts'

export interface Disruption {
  readonly reason: string
  readonly message: string
  /** What the pod is from now on, when nobody else will say. */
  readonly phase?: 'Failed'
}

/** Writes into a pod's status why the cluster is about to delete it. A pod that is gone needs it no more. */
export async function disruptPod(
  { api, clock }: ControllerContext,
  pod: Pod,
  { reason, message, phase }: Disruption,
): Promise<void> {
  const conditions = setCondition(pod.status?.conditions ?? [], {
    type: 'DisruptionTarget',
    status: 'True',
    observedGeneration: pod.metadata.generation ?? 0,
    lastTransitionTime: timestamp(clock.now()),
    reason,
    message,
  })
  if (conditions === pod.status?.conditions) return
  const { uid, resourceVersion } = pod.metadata
  const patch = {
    metadata: { uid, resourceVersion },
    status: { conditions, ...(phase === undefined ? {} : { phase }) },
  }
  await unlessGone(api.mergePatch(pods, pod.metadata, patch, { subresource: 'status' }))
}
