import { type ContainerStatus, isSidecar, type Phase, type PodCondition, type PodSpec } from './pod.ts'

/** The conditions that are a kubelet's; it leaves all others as they are. */
const own = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'] as const

type Judgement = Pick<PodCondition, 'status' | 'reason' | 'message'>

export interface ConditionFacts {
  readonly spec: PodSpec
  readonly statuses: readonly ContainerStatus[]
  readonly phase: Phase
  /** The pod has its network. */
  readonly sandbox: boolean
  readonly generation: number | undefined
  readonly nowIso: string
}

/** All conditions of a pod, from those that it has. A condition that stays what it was keeps its time. */
export function conditionsOf(present: readonly PodCondition[], facts: ConditionFacts): PodCondition[] {
  const others = present.filter(({ type }) => !own.some((known) => known === type))
  const containersReady = judgeContainersReady(facts)
  const judgements: Record<(typeof own)[number], Judgement> = {
    PodReadyToStartContainers: { status: facts.sandbox ? 'True' : 'False' },
    Initialized: judgeInitialized(facts),
    Ready: judgeReady(facts, containersReady, others),
    ContainersReady: containersReady,
    PodScheduled: { status: 'True' },
  }
  const written = own.map((type): PodCondition => {
    const before = present.find((condition) => condition.type === type)
    const unchanged = before?.status === judgements[type].status ? before.lastTransitionTime : undefined
    return {
      type,
      ...judgements[type],
      lastProbeTime: null,
      lastTransitionTime: unchanged ?? facts.nowIso,
      ...(facts.generation === undefined ? {} : { observedGeneration: facts.generation }),
    }
  })
  return [...others, ...written]
}

function judgeContainersReady({ spec, statuses, phase }: ConditionFacts): Judgement {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' }
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' }
  const names = [...(spec.initContainers ?? []).filter(isSidecar), ...spec.containers].map(({ name }) => name)
  const unready = names.filter((name) => statuses.find((status) => status.name === name)?.ready !== true)
  return notAll('ContainersNotReady', 'unready', unready)
}

function judgeReady({ spec }: ConditionFacts, containersReady: Judgement, others: readonly PodCondition[]): Judgement {
  if (containersReady.status !== 'True') return containersReady
  const messages = (spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const condition = others.find(({ type }) => type === conditionType)
    if (condition === undefined) {
      return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`]
    }
    const { status } = condition
    return status === 'True' ? [] : [`the status of pod readiness gate "${conditionType}" is not "True", but ${status}`]
  })
  return messages.length === 0
    ? { status: 'True' }
    : { status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') }
}

function judgeInitialized({ spec, statuses, phase }: ConditionFacts): Judgement {
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' }
  const statusOf = (name: string): ContainerStatus | undefined => statuses.find((status) => status.name === name)
  const begun = spec.containers.some(({ name }) => {
    const status = statusOf(name)
    return status?.state.waiting === undefined || status.lastState.terminated !== undefined
  })
  if (begun) return { status: 'True' }
  const incomplete = (spec.initContainers ?? []).filter((container) => {
    const status = statusOf(container.name)
    return isSidecar(container) ? status?.started !== true : status?.ready !== true
  })
  return notAll(
    'ContainersNotInitialized',
    'incomplete',
    incomplete.map(({ name }) => name),
  )
}

function notAll(reason: string, word: string, names: readonly string[]): Judgement {
  if (names.length === 0) return { status: 'True' }
  return { status: 'False', reason, message: `containers with ${word} status: [${names.join(' ')}]` }
}
