import type { WatchedPod } from '../../signals/index.ts'
import type { PodFacts } from '../projections.ts'

export type PodSeen = Pick<PodFacts, 'uid' | 'hash' | 'restarts' | 'podIP' | 'deletionTimestamp'>

/** What the pods of a Deployment are told apart by. */
export interface Telling {
  /** drain-server's admin port. Without one no pod can be asked. */
  readonly port: number | undefined
  /** Of the present template; before it is known no pod is of the new version. */
  readonly hash: string | undefined
  /** Without a rollout every pod is background. */
  readonly rolling: boolean
}

/** The pods that can be asked, each with what it is to the rollout. */
export function watchedPods(pods: readonly PodSeen[], { port, hash, rolling }: Telling): WatchedPod[] {
  if (port === undefined) return []
  return pods.flatMap((pod): WatchedPod[] => {
    if (pod.podIP === undefined) return []
    const ofRollout =
      pod.deletionTimestamp === undefined ? (pod.hash === hash ? 'newVersion' : 'background') : 'draining'
    const role = rolling ? ofRollout : 'background'
    return [{ uid: pod.uid, restarts: pod.restarts, address: pod.podIP, port, role }]
  })
}
