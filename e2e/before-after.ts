import type { ProgressWriter } from '../src/lab/index.ts'
import { pause } from '../src/lab/rehearsal/index.ts'
import { labNamespace, policyManifest } from './manifests.ts'
import type { Testbed } from './testbed.ts'
import { condition, type PolicyStatus } from '../src/lab/stage/index.ts'
import { deploy, noneTerminating, restart, settled, underLoad, type WorkloadRun } from './workload.ts'

export interface BeforeAfterOptions {
  replicas: number
  ratePerSecond: number
  probeIntervalMs: number
  /** Rolling restarts: without drainkeeper, while it learns (at most so many), and once it has measured. */
  restarts: { before: number; learning: number; after: number }
  /** A restart takes at least so long: pods that live for seconds only have seen no traffic to speak of. */
  secondsPerRestart: { learning: number; after: number }
  quietSeconds: number
  /** What the policy says besides its target. */
  policy: Record<string, unknown>
  writer?: ProgressWriter
  print: (line: string) => void
}

export interface BeforeAfter {
  before: WorkloadRun
  learning: WorkloadRun
  after: WorkloadRun
  /** Status once enough drains had been seen, and at the end. */
  measured: PolicyStatus
  final: PolicyStatus
}

/** The main job: the same load over the same rolling restarts, without drainkeeper and with it. */
export async function beforeAfter(testbed: Testbed, options: BeforeAfterOptions): Promise<BeforeAfter> {
  const { replicas, ratePerSecond, probeIntervalMs, restarts, quietSeconds, print, writer } = options
  const common = { ratePerSecond, probeIntervalMs, ...(writer === undefined ? {} : { writer }) }
  const stage = (steps: number, step: (index: number) => Promise<void>) => ({
    steps,
    step,
    stepName: 'restart',
    quietSeconds,
  })

  await deploy(testbed, 'naive', replicas)
  const before = await underLoad(
    testbed,
    { ...common, name: 'naive', service: 'naive', phase: 'naive Deployment, no policy' },
    stage(restarts.before, () => restart(testbed, 'naive')),
  )
  const { total } = before.run
  print(`before: ${total.lost} of ${total.requests} requests lost in ${restarts.before} rolling restarts`)
  await testbed.kubectl.run(['-n', labNamespace, 'delete', 'deployment', 'naive', '--wait=false'])

  await deploy(testbed, 'drained', replicas)
  await noneTerminating(testbed, 'naive', 60)
  print('kubectl apply -f policy.yaml')
  await testbed.kubectl.apply(policyManifest('drained', { targetRef: { name: 'drained' }, ...options.policy }))
  await onContract(testbed, 'drained', 120)
  await settled(testbed, 'drained', 120)
  await noneTerminating(testbed, 'drained', 120)
  print(`delivered: ${contractLine(testbed.watched.policy('drained')?.status)}`)

  const pacedRestart = async (seconds: number): Promise<void> => {
    const startedMs = Date.now()
    await restart(testbed, 'drained')
    await pause(Math.max(0, seconds * 1000 - (Date.now() - startedMs)), testbed.signal)
  }
  const learning = await underLoad(
    testbed,
    { ...common, name: 'drainkeeper, learning', service: 'drained', phase: 'drainkeeper measures' },
    {
      ...stage(restarts.learning, () => pacedRestart(options.secondsPerRestart.learning)),
      enough: () => condition(testbed.watched.policy('drained')?.status, 'PropagationMeasured')?.status === 'True',
    },
  )
  const measured = await measuredStatus(testbed, 'drained', 60)
  print(`measured: ${condition(measured, 'PropagationMeasured')?.message ?? ''}`)

  const after = await underLoad(
    testbed,
    { ...common, name: 'drainkeeper, measured', service: 'drained', phase: 'drainkeeper has measured' },
    stage(restarts.after, () => pacedRestart(options.secondsPerRestart.after)),
  )
  const final = testbed.watched.policy('drained')?.status ?? {}
  print(`in force: ${contractLine(final)}`)
  return { before, learning, after, measured, final }
}

/** Waits until every pod of a policy carries its contract. */
export async function onContract(testbed: Testbed, policy: string, timeoutSeconds: number): Promise<PolicyStatus> {
  return testbed.watched.until(
    `all pods of policy ${policy} carry the contract`,
    () => {
      const status = testbed.watched.policy(policy)?.status
      const pods = status?.targets?.[0]?.pods
      return condition(status, 'ContractDelivered')?.status === 'True' &&
        pods !== undefined &&
        pods.total > 0 &&
        pods.onContract === pods.total
        ? status
        : undefined
    },
    timeoutSeconds,
    testbed.signal,
  )
}

async function measuredStatus(testbed: Testbed, policy: string, timeoutSeconds: number): Promise<PolicyStatus> {
  return testbed.watched.until(
    `policy ${policy} has measured P`,
    () => {
      const status = testbed.watched.policy(policy)?.status
      return condition(status, 'PropagationMeasured')?.status === 'True' ? status : undefined
    },
    timeoutSeconds,
    testbed.signal,
  )
}

export function contractLine(status: PolicyStatus | undefined): string {
  return status?.targets?.[0]?.contract?.because ?? 'no contract'
}
