import type { Hook } from './deployment-view.ts'
import { hookCovers, hookSeconds, readHook } from './hook.ts'
import { DEFAULT_GRACE_SECONDS } from './project-deployment.ts'
import { at, dnsLabel, integer, list } from './untyped.ts'

/** The part of a running pod that tells whether it carries the contract. */
export interface PodContractView {
  terminationGracePeriodSeconds: number
  containers: { name: string; preStop?: Hook }[]
}

/** What a pod has to carry. */
export interface PodContract {
  container: string
  drainDelaySeconds: number
  gracePeriodSeconds: number
}

/** Reads the part of a raw pod that {@link podOnContract} needs; tolerant of anything. */
export function projectPodContract(pod: unknown): PodContractView {
  return {
    terminationGracePeriodSeconds: integer(at(pod, 'spec', 'terminationGracePeriodSeconds')) ?? DEFAULT_GRACE_SECONDS,
    containers: list(at(pod, 'spec', 'containers')).flatMap((raw) => {
      const name = dnsLabel(at(raw, 'name'))
      const preStop = readHook(at(raw, 'lifecycle', 'preStop'))
      return name === undefined ? [] : [{ name, ...(preStop && { preStop }) }]
    }),
  }
}

/**
 * True when the pod's preStop hook covers the drain delay, and its grace period the contract's plus whatever the hook
 * lasts longer than that.
 */
export function podOnContract(pod: PodContractView, contract: PodContract): boolean {
  const preStop = pod.containers.find(({ name }) => name === contract.container)?.preStop
  const seconds = hookSeconds(preStop) ?? contract.drainDelaySeconds
  return (
    hookCovers(preStop, contract.drainDelaySeconds) &&
    pod.terminationGracePeriodSeconds >= graceForHook(contract, seconds)
  )
}

/** The grace period that leaves the contract's time after a hook that lasts longer than the drain delay. */
export function graceForHook(
  contract: { drainDelaySeconds: number; gracePeriodSeconds: number },
  hookLastsSeconds: number,
): number {
  return contract.gracePeriodSeconds + Math.max(0, hookLastsSeconds - contract.drainDelaySeconds)
}
