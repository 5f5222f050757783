import type { Hook } from './deployment-view.ts'

/** The part of a running pod that tells whether it carries the contract. */
export interface PodContractView {
  terminationGracePeriodSeconds: number
  containers: readonly { name: string; preStop?: Hook }[]
}

/** What a pod has to carry. */
export interface PodContract {
  container: string
  drainDelaySeconds: number
  gracePeriodSeconds: number
}

/** Reads the part of a raw pod that {@link podOnContract} needs; tolerant of anything. */
export function projectPodContract(_pod: unknown): PodContractView {
  throw new Error('projectPodContract is not written yet')
}

/** True when the pod's grace period and preStop hook equal or cover the contract. */
export function podOnContract(_pod: PodContractView, _contract: PodContract): boolean {
  throw new Error('podOnContract is not written yet')
}
