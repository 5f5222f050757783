import { deployments, isKubeError, pods, systemClock } from '../../kube/index.ts'
import type { Interval } from '../measure/index.ts'
import type { Scenario, Variant } from '../scenario.ts'
import { condition, drainPolicies, labNamespace, type PolicyStatus, type Stage, workloadName } from '../stage/index.ts'
import { anyEnds, disruptionKinds, letGo, noneTerminating, rolledOut, routedTo } from './disruptions.ts'
import type { Phase, UntimedEvent } from './events.ts'
import { RunningLoad, type LoadEvidence } from './load.ts'
import { LoadTicker } from './load-ticker.ts'
import { deploymentManifest, policyManifest } from './manifests.ts'
import { type ObservedPod, PodLog } from './pod-log.ts'

export interface VariantOptions {
  readonly stage: Stage
  readonly emit: (event: UntimedEvent) => void
  readonly signal: AbortSignal
  /** Quiet load before the first disruption and after the last, in seconds. */
  readonly quietSeconds: number
  readonly probeIntervalMs: number
}

/** A stretch of load with the disruptions in it, on this process's wall clock. */
export interface LoadedStretch extends LoadEvidence {
  readonly startMs: number
  readonly endMs: number
  readonly disruptions: readonly Interval[]
}

/** Everything that was seen of one variant; figures are made of it elsewhere. */
export interface VariantEvidence {
  readonly seconds: number
  readonly learning: LoadedStretch | null
  readonly counted: LoadedStretch
  readonly pods: readonly ObservedPod[]
  /** Of the policy, at the end of the load. */
  readonly policy: PolicyStatus | null
}

/** Load ends by itself after so long, should nobody be left to stop it. */
const mostLoadSeconds = 900
const contractSeconds = 120
const goneSeconds = 60

/** Runs one variant from nothing to nothing: whatever happens, what it made is taken away again. */
export async function runVariant(
  scenario: Scenario,
  variant: Variant,
  options: VariantOptions,
): Promise<VariantEvidence> {
  const { stage, emit, signal } = options
  const startedMs = systemClock.monotonicMs()
  const phase = (name: Phase): void => emit({ type: 'phase', phase: name })
  const log = new PodLog(stage.watched, workloadName, ({ name, node }, state) =>
    emit({ type: 'pod', pod: name, node, state }),
  )
  const contracts = watchContract(stage, emit)
  try {
    stage.site.dataplane?.setLag(scenario.lag)
    phase('deploy')
    await deploy(stage, scenario, variant, signal)
    if (variant.policy !== undefined) {
      phase('contract')
      await putUnderPolicy(stage, variant.policy, signal)
    }
    const learningSteps = variant.learning ?? 0
    const learning =
      variant.policy === undefined || learningSteps === 0
        ? null
        : await underLoad(scenario, options, {
            id: 'learning',
            steps: learningSteps,
            counted: false,
            enough: () => condition(policyStatus(stage), 'PropagationMeasured')?.status === 'True',
          })
    const counted = await underLoad(scenario, options, { id: 'counted', steps: scenario.disruptions, counted: true })
    return {
      seconds: (systemClock.monotonicMs() - startedMs) / 1000,
      learning,
      counted,
      pods: log.list(),
      policy: policyStatus(stage) ?? null,
    }
  } finally {
    phase('clean-up')
    contracts.stop()
    // An embedded cluster that is about to end takes everything with it.
    if (!signal.aborted || stage.site.kind !== 'embedded') await takeAway(stage)
    log.stop()
  }
}

/** Makes the Deployment as its owner would, with kubectl, and waits until all of its pods serve. */
async function deploy(stage: Stage, scenario: Scenario, variant: Variant, signal: AbortSignal): Promise<void> {
  const manifest = deploymentManifest(scenario, variant, stage.site.image('workload'))
  const { metadata } = await stage.api.create(deployments, manifest, {
    fieldManager: 'kubectl-client-side-apply',
    signal,
  })
  await rolledOut(stage, metadata.generation ?? 1, signal)
}

/** Makes the policy, and waits until every pod carries the contract that it brings at first. */
async function putUnderPolicy(
  stage: Stage,
  spec: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<void> {
  await stage.api.create(drainPolicies, policyManifest(spec), { fieldManager: 'kubectl-client-side-apply', signal })
  await stage.watched.until(
    `all pods of ${workloadName} carry the contract`,
    () => {
      const status = policyStatus(stage)
      const found = status?.targets?.[0]?.pods
      const delivered = condition(status, 'ContractDelivered')?.status === 'True'
      return delivered && found !== undefined && found.total > 0 && found.onContract === found.total
    },
    contractSeconds,
    signal,
  )
  await rolledOut(stage, 0, signal)
  await noneTerminating(stage, signal)
}

interface Steps {
  readonly id: string
  readonly steps: number
  readonly counted: boolean
  /** No further step once this holds. @default never */
  readonly enough?: () => boolean
}

/** Puts load on, ends pods under it, and brings home what the clients saw. */
async function underLoad(
  scenario: Scenario,
  options: VariantOptions,
  { id, steps, counted, enough = () => false }: Steps,
): Promise<LoadedStretch> {
  const { stage, emit, signal, quietSeconds, probeIntervalMs } = options
  const kind = disruptionKinds[scenario.disruption]
  const quiet = (): Promise<void> => systemClock.sleep(quietSeconds * 1000, signal)
  await routedTo(stage, signal)
  const load = await RunningLoad.start(stage.agents, {
    id: `${id}-${systemClock.now()}`,
    shape: scenario.load,
    maxSeconds: mostLoadSeconds,
    ...(probes(scenario) ? { probeIntervalMs } : {}),
  })
  const startMs = systemClock.now()
  const ticker = new LoadTicker(load, emit)
  const disruptions: Interval[] = []
  try {
    emit({ type: 'phase', phase: counted ? 'quiet-before' : 'learning' })
    await quiet()
    if (counted) emit({ type: 'phase', phase: 'disruptions' })
    for (let at = 1; at <= steps && !enough(); at++) {
      await kind.prepare?.(stage, scenario.replicas, signal)
      emit({ type: 'disruption-started', at, of: steps, counted, what: kind.what })
      const pods = stage.watched.podsOf(workloadName)
      const begunMs = systemClock.now()
      await kind.disrupt(stage, scenario.replicas, signal)
      await anyEnds(stage, pods, signal)
      await noneTerminating(stage, signal)
      await letGo(stage, pods, signal)
      disruptions.push({ startMs: begunMs, endMs: systemClock.now() })
      emit({ type: 'disruption-ended', at })
    }
    if (counted) {
      emit({ type: 'phase', phase: 'quiet-after' })
      await quiet()
      emit({ type: 'phase', phase: 'count' })
    }
  } catch (error) {
    await ticker.stop()
    // The agents go on otherwise, into the next variant. After an interruption there is none.
    if (!signal.aborted) await load.stop().catch(() => undefined)
    throw error
  }
  await ticker.stop()
  const endMs = systemClock.now()
  return { startMs, endMs, disruptions, ...(await load.stop()) }
}

/** Probes speak HTTP/1.1; servers of other protocols are seen by the connections of the load alone. */
function probes({ load }: Scenario): boolean {
  return load.protocol === 'http' || load.protocol === 'websocket'
}

function policyStatus(stage: Stage): PolicyStatus | undefined {
  return stage.watched.policy(workloadName)?.status
}

/** Tells each contract that comes into force. */
function watchContract(stage: Stage, emit: VariantOptions['emit']): { stop: () => void } {
  let known: string | undefined
  let told: string | undefined
  const stop = stage.watched.policies?.onEvent(({ object: { status } }) => {
    const contract = status.targets?.[0]?.contract
    const measured = condition(status, 'PropagationMeasured')?.status === 'True'
    const now = contract && `${contract.drainDelaySeconds}/${contract.terminationGracePeriodSeconds}/${measured}`
    if (contract === undefined || now === known) return
    known = now
    // A grace period that is on its way shows for a moment; its formula does not change with it.
    if (contract.because === told) return
    told = contract.because
    emit({ type: 'contract', contract, measured })
  })
  return { stop: () => stop?.() }
}

/** Deletes policy and Deployment, and waits for the last pod. It is not interrupted: it is what an interruption asks for. */
async function takeAway(stage: Stage): Promise<void> {
  const ref = { namespace: labNamespace, name: workloadName }
  for (const resource of [drainPolicies, deployments]) {
    await stage.api.delete(resource, ref, { propagationPolicy: 'Background' }).catch(unlessNotFound)
  }
  // Nobody is served any more: what is left need not be waited for politely.
  await Promise.all(
    stage.watched
      .podsOf(workloadName)
      .map(({ name }) =>
        stage.api.delete(pods, { namespace: labNamespace, name }, { gracePeriodSeconds: 1 }).catch(unlessNotFound),
      ),
  )
  await stage.watched.until(
    `${workloadName} is gone`,
    () => stage.watched.podsOf(workloadName).length === 0 && stage.watched.deployment(workloadName) === undefined,
    goneSeconds,
  )
}

function unlessNotFound(error: unknown): void {
  if (!isKubeError(error, 'NotFound')) throw error
}
