import type { DrainPolicyStatus } from '../../../src/api/index.ts'
import type { RawDeployment } from '../world/raw.ts'
import type { Lived } from '../run/history.ts'
import {
  condition,
  deploymentsOf,
  holderOf,
  isFor,
  ownedPaths,
  policiesOf,
  type RawPolicy,
  servicesOf,
} from './final-state.ts'
import type { Rule } from './rule.ts'

/** Rules about what stands in the cluster at the end. */
export const contractRules: readonly Rule[] = [
  {
    name: 'observed',
    claim: 'every status is about the newest spec of its policy, and says nothing that is under way',
    check: (lived) =>
      rested(lived, policiesOf).flatMap((policy) => {
        const { name, generation } = policy.metadata
        const ready = condition(policy, 'Ready')
        if (policy.status?.observedGeneration !== generation)
          return [`${name}: generation ${generation} was not observed`]
        if (ready === undefined) return [`${name}: there is no Ready`]
        return ready.reason === 'Delivering' ? [`${name}: still Delivering: ${ready.message}`] : []
      }),
  },
  {
    name: 'reason',
    claim: 'whatever stands in the way is told by its reason, and nothing else is',
    check: (lived) => rested(lived, policiesOf).flatMap((policy) => reasonsOf(lived, policy)),
  },
  {
    name: 'contract',
    claim: 'a policy that is Ready and enforced has its contract in the template, and G >= P + D + W + S',
    check: (lived) => rested(lived, policiesOf).flatMap((policy) => contractsOf(lived, policy)),
  },
  {
    name: 'measured',
    claim: 'PropagationMeasured is True when P of every Deployment was measured, and only then',
    check: (lived) => rested(lived, policiesOf).flatMap((policy) => measuredOf(policy)),
  },
  {
    name: 'released',
    claim: 'a Deployment without a policy carries nothing of ours',
    check: (lived) => rested(lived, deploymentsOf).flatMap((deployment) => leftIn(lived, deployment)),
  },
]

function rested<T>(lived: Lived, list: (lived: Lived) => T[]): T[] {
  return lived.restedMs === undefined ? [] : list(lived)
}

/** The reasons that the state of the cluster gives; `mayBlock` where only people's fields can tell. */
function reasonsOf(lived: Lived, policy: RawPolicy): string[] {
  const ready = condition(policy, 'Ready')
  if (ready === undefined) return []
  const must = new Set<string>()
  const may = new Set<string>()
  const { propagation, services, mode } = policy.spec
  const targets = deploymentsOf(lived).filter((deployment) => isFor(policy, deployment))
  if (propagation?.quantile === 0.99 && propagation.window === 10) must.add('InvalidSpec')
  else if (targets.length === 0) must.add('TargetNotFound')
  else {
    for (const target of targets) {
      if (holderOf(policiesOf(lived), target)?.metadata.uid !== policy.metadata.uid) must.add('TargetConflict')
      if (lived.people.touched(target.metadata.name)) may.add('ContractBlocked')
      for (const service of services ?? []) must.add(serviceReason(lived, service, target))
    }
    must.delete('')
    if (policy.spec.contract?.bounds !== undefined || isSlow(policy)) may.add('BudgetShort')
  }
  const usual = mode === 'Observe' ? 'Observing' : 'Reconciled'
  const expected =
    must.size > 0 ? new Set([...must, ...(must.has('InvalidSpec') ? [] : may)]) : new Set([usual, ...may])
  const { name } = policy.metadata
  if (!expected.has(ready.reason))
    return [`${name}: Ready is ${ready.status} ${ready.reason}, not ${[...expected].join(' or ')}: ${ready.message}`]
  const isTrue = ready.reason === usual
  return (ready.status === 'True') === isTrue ? [] : [`${name}: Ready is ${ready.status} for ${ready.reason}`]
}

function serviceReason(lived: Lived, name: string, target: RawDeployment): string {
  const service = servicesOf(lived).find(({ metadata }) => metadata.name === name)
  if (service === undefined) return 'ServiceNotFound'
  const labels: Record<string, string> = target.spec.template.metadata?.labels ?? {}
  const selector = Object.entries(service.spec.selector ?? {})
  return selector.every(([key, value]) => labels[key] === value) ? '' : 'ServiceMismatch'
}

/** P is so large that no bound of ours covers it. */
function isSlow({ status }: RawPolicy): boolean {
  return (status?.targets ?? []).some(({ propagation }) => Number.parseFloat(propagation?.bound ?? '0') * 1.5 > 60)
}

function contractsOf(lived: Lived, policy: RawPolicy): string[] {
  const ready = condition(policy, 'Ready')
  const delivered = condition(policy, 'ContractDelivered')
  if (ready?.reason === 'InvalidSpec' || ready?.reason === 'TargetNotFound') return []
  const deferred = delivered?.reason === 'LoweringDeferred'
  return (policy.status?.targets ?? []).flatMap((target) => {
    const deployment = deploymentsOf(lived).find(({ metadata }) => metadata.name === target.name)
    const { contract } = target
    const label = `${policy.metadata.name}/${target.name}`
    if (deployment === undefined || contract === undefined)
      return [`${label}: a status without its Deployment or its contract`]
    if (target.uid !== deployment.metadata.uid) return [`${label}: the status is about uid ${target.uid}`]
    if (ready?.reason !== 'Reconciled') return []
    const { drainDelaySeconds: delay, terminationGracePeriodSeconds: grace, because } = contract
    const stated = { delay, grace, because, isMeasured: isMeasured(policy, target) }
    return [...(deferred ? [] : formula(policy, stated)), ...templateLacks(deployment, delay, grace)].map(
      (what) => `${label}: ${what}`,
    )
  })
}

type KnownTarget = NonNullable<DrainPolicyStatus['targets']>[number]

/**
 * Whether enough drains of this one Deployment were seen; the condition is about all Deployments of the policy together.
 * The largest figure that is no minimum (`>`) covers the quantile at the confidence: so many of n drains at most lie
 * below the quantile as there are figures below that one, with a probability of c at least.
 */
function isMeasured({ spec: { propagation } }: RawPolicy, target: KnownTarget): boolean {
  const { quantile = 0.95, confidence = 0.95, window = 200 } = propagation ?? {}
  const words = (target.propagation?.history ?? '')
    .split(' ')
    .filter((word) => word !== '')
    .slice(-window)
  const known = words.filter((word) => !word.startsWith('>')).length
  let chance = 0
  let ways = 1
  for (let below = 0; below < known; below += 1) {
    chance += ways * quantile ** below * (1 - quantile) ** (words.length - below)
    ways *= (words.length - below) / (below + 1)
  }
  return chance >= confidence - 1e-9
}

function measuredOf(policy: RawPolicy): string[] {
  const told = condition(policy, 'PropagationMeasured')
  const targets = policy.status?.targets ?? []
  if (told === undefined || targets.length === 0) return []
  const is = targets.every((target) => isMeasured(policy, target)) ? 'True' : 'False'
  return told.status === is
    ? []
    : [`${policy.metadata.name}: PropagationMeasured is ${told.status}, not ${is}: ${told.message}`]
}

interface Stated {
  delay: number
  grace: number
  because: string
  isMeasured: boolean
}

/** The sentence in status has every figure: it is read, and calculated again. */
function formula(policy: RawPolicy, { delay, grace, because, isMeasured: measured }: Stated): string[] {
  const found = /^P ([\d.]+) s .*? \+ D (\d+) s .*? \+ W ([\d.]+) s .*? \+ S ([\d.]+) s = /.exec(because)
  if (found === null) return [`the formula cannot be read: ${because}`]
  const [p = 0, d = 0, w = 0, s = 0] = found.slice(1).map(Number)
  const { contract, propagation } = policy.spec
  const most = Number.parseFloat(contract?.requestTime?.max ?? '60s')
  const margin = Number.parseFloat(contract?.safetyMargin ?? '5s')
  const least = measured ? 0 : Number.parseFloat(propagation?.initial ?? '15s')
  const sum = p + d + w + s
  return [
    ...(d === delay ? [] : [`D is ${delay} and the formula says ${d}`]),
    ...(s === margin ? [] : [`S is ${s} and the policy says ${margin}`]),
    ...(w <= most && (contract?.requestTime?.source !== 'Static' || w === most) ? [] : [`W is ${w} of ${most}`]),
    ...(p >= least ? [] : [`P is ${p} without having been measured`]),
    ...(d >= p ? [] : [`D ${d} does not cover P ${p}`]),
    ...(grace >= sum - 1e-6 ? [] : [`G ${grace} is less than P + D + W + S = ${sum}`]),
    ...(grace <= Math.max(30, Math.ceil(sum / 0.75)) ? [] : [`G ${grace} is far above P + D + W + S = ${sum}`]),
  ]
}

/** What pods of this template lack to hold for the delay and to have the time; nothing when they keep the contract. */
export function templateLacks({ spec }: RawDeployment, delay: number, grace: number): string[] {
  const podSpec = spec.template.spec
  const has = podSpec.terminationGracePeriodSeconds ?? 30
  const hook = podSpec.containers.find(({ name }) => name === 'app')?.lifecycle?.preStop
  const path = hook?.httpGet?.path ?? ''
  const asked = new URLSearchParams(path.split('?')[1] ?? '')
  const command = hook?.exec?.command ?? []
  const holds =
    hook?.sleep?.seconds ??
    (path === '' ? Number(command[0] === 'sleep' ? command[1] : 0) : Number(asked.get('delaySeconds')))
  return [
    ...(holds >= delay ? [] : [`the hook holds for ${holds} s and D is ${delay}: ${JSON.stringify(hook)}`]),
    ...(has >= grace ? [] : [`the template's grace is ${has} and G is ${grace}`]),
    ...(path === '' || Number(asked.get('graceSeconds')) <= has
      ? []
      : [`the process is told a grace of ${asked.get('graceSeconds')} s and has ${has}`]),
  ]
}

function leftIn(lived: Lived, deployment: RawDeployment): string[] {
  const policies = policiesOf(lived)
  const { name, uid = '' } = deployment.metadata
  if (policies.some((policy) => isFor(policy, deployment))) return []
  const owned = ownedPaths(deployment)
  const hook = deployment.spec.template.spec.containers[0]?.lifecycle?.preStop?.httpGet?.path ?? ''
  // A leaf that the template cannot miss without becoming invalid is kept (docs/adr/0004).
  if (owned.length > 0 && !lived.people.intentions.has(uid)) return [`${name}: still ours: ${owned.join(', ')}`]
  return hook.startsWith('/admin/drain') && !lived.people.touched(name) ? [`${name}: our hook is still there`] : []
}
