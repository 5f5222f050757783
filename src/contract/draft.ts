import type { ContainerView, DeploymentView, Hook, ReadinessView } from './deployment-view.ts'
import { chooseMethod, DRAIN_PORT_NAME, type MethodChoice } from './drain-method.ts'
import { drainHook, type HookContract, hookCovers, hookSeconds } from './hook.ts'
import type { PatchRequest } from './patch.ts'
import { graceForHook } from './pod-contract.ts'
import { DEFAULT_GRACE_SECONDS } from './project-deployment.ts'
import { readContract, type TemplateContract } from './template-contract.ts'

/** What should stand in the template, before anybody has asked whether it may. */
export interface Draft {
  view: DeploymentView
  request: PatchRequest
  container: ContainerView
  today: TemplateContract
  method: MethodChoice
  /** The grace period that has to be there: the contract's, more where a stated hook lasts longer than D. */
  neededGraceSeconds: number
  /** The grace period that would be there. */
  graceSeconds: number
  /** True when the grace period has to be written for that. */
  writesGrace: boolean
  /** The hook to write; absent when somebody states one, or when there is no way to drain. */
  preStop?: Hook
  /** The probe to write; absent when somebody states one, or none is wanted. */
  readiness?: ReadinessView
}

/** drain-server's readiness, for a container that has its port and no probe by anybody. */
const LIBRARY_READINESS = {
  path: '/health/ready',
  port: DRAIN_PORT_NAME,
  periodSeconds: 2,
  timeoutSeconds: 1,
  failureThreshold: 1,
} as const

export function draftPatch(view: DeploymentView, request: PatchRequest, container: ContainerView): Draft {
  const method = chooseMethod(view, container.name, request.method)
  const today = replaceable(readContract(view, container.name, request.ours), method)
  const neededGraceSeconds = Math.max(
    graceForHook(request, statedHookSeconds(today) ?? request.drainDelaySeconds),
    longestStatedSleepSeconds(view, today),
  )
  const grace = draftGrace(today, neededGraceSeconds, request)
  const preStop = draftPreStop(today, method, {
    drainDelaySeconds: request.drainDelaySeconds,
    gracePeriodSeconds: grace.graceSeconds,
    // Of the default nobody can say whose it is, and the next look may say otherwise.
    graceStated: today.graceSource.kind === 'Stated' && grace.graceSeconds !== DEFAULT_GRACE_SECONDS,
  })
  const readiness = draftReadiness(today, method, request)
  return {
    view,
    request,
    container,
    today,
    method,
    neededGraceSeconds,
    ...grace,
    ...(preStop && { preStop }),
    ...(readiness && { readiness }),
  }
}

/** Stated by somebody else, and long enough for the drain delay: nothing has to be written. */
export function isPreStopAsStated({ today, request }: Pick<Draft, 'today' | 'request'>): boolean {
  return today.preStopSource.kind === 'Stated' && hookCovers(today.preStop, request.drainDelaySeconds)
}

/** The API server refuses a sleep above the grace period in any container: what others state is a lower bound. */
export function longestStatedSleepSeconds(view: DeploymentView, chosen?: TemplateContract): number {
  const { containers, initContainers } = view.template
  const stated = containers.filter(({ name }) => {
    const { preStopSource } = chosen?.container === name ? chosen : readContract(view, name)
    return preStopSource.kind === 'Stated' || (preStopSource.kind === 'PutBack' && chosen?.container !== name)
  })
  const sleeps = [...stated, ...initContainers].map(({ preStop }) => (preStop?.kind === 'Sleep' ? preStop.seconds : 0))
  return Math.max(0, ...sleeps)
}

/** A hook that was put back has other owners: only one of the same kind can be written over it (two handlers are 422). */
function replaceable(today: TemplateContract, { method }: MethodChoice): TemplateContract {
  if (today.preStopSource.kind !== 'PutBack' || today.preStop?.kind === method) return today
  return { ...today, preStopSource: { ...today.preStopSource, kind: 'Stated' } }
}

function statedHookSeconds({ preStopSource, preStop }: TemplateContract): number | undefined {
  return preStopSource.kind === 'Stated' ? hookSeconds(preStop) : undefined
}

/** It is written only where what would be there without us is too little: a cap that covers is left alone. */
function draftGrace(
  today: TemplateContract,
  needed: number,
  { mayLower = true }: PatchRequest,
): Pick<Draft, 'graceSeconds' | 'writesGrace'> {
  const stated = today.graceSource.kind === 'Stated'
  const alone = today.preStopSource.kind === 'Stated' && today.graceSource.kind === 'Ours'
  if (alone && !mayLower && today.gracePeriodSeconds > needed) {
    return { graceSeconds: today.gracePeriodSeconds, writesGrace: true }
  }
  const withoutUs = stated ? today.gracePeriodSeconds : DEFAULT_GRACE_SECONDS
  const writesGrace = !stated && needed > withoutUs
  return { graceSeconds: writesGrace ? needed : withoutUs, writesGrace }
}

function draftPreStop(today: TemplateContract, { method }: MethodChoice, contract: HookContract): Hook | undefined {
  if (today.preStopSource.kind === 'Stated' || method === undefined) return undefined
  return method === 'Sleep'
    ? { kind: 'Sleep', seconds: contract.drainDelaySeconds }
    : drainHook(contract, DRAIN_PORT_NAME)
}

function draftReadiness(
  today: TemplateContract,
  { method }: MethodChoice,
  { readiness }: PatchRequest,
): ReadinessView | undefined {
  const wanted = readiness ?? (method === 'HTTP' ? LIBRARY_READINESS : undefined)
  return wanted === undefined || today.readinessSource.kind === 'Stated' ? undefined : { kind: 'HTTP', ...wanted }
}
