import { systemClock } from '../../kube/index.ts'
import type { Check } from '../measure/verdict.ts'
import type { Rehearsal, ScenarioResult, VariantResult } from '../result.ts'
import type { Scenario, Variant } from '../scenario.ts'
import type { Stage } from '../stage/index.ts'
import { checksOf, type Objective, verdictOf } from './checks.ts'
import type { UntimedEvent, VariantOutline } from './events.ts'
import { MemoryPeak } from './memory-peak.ts'
import { runVariant } from './run-variant.ts'
import { variantResult } from './variant-result.ts'

export interface RehearsalOptions {
  readonly stage: Stage
  readonly scenarios: readonly Scenario[]
  readonly objective: Objective
  readonly emit: (event: UntimedEvent) => void
  /** Ends it: what was made is taken away, and what was over is the result. */
  readonly signal: AbortSignal
  /** When the command began, on the monotonic clock: its user has waited since then. */
  readonly startedMonotonicMs: number
  readonly versions: Readonly<Record<string, string>>
  /** Of load before the first disruption and after the last. @default 2 */
  readonly quietSeconds?: number
  /** New connections besides the load, from each node. @default 10 */
  readonly probeIntervalMs?: number
}

/** Runs scenarios on a stage, variant by variant, and judges them. Between two variants nothing is left of the first. */
export async function rehearse(options: RehearsalOptions): Promise<Rehearsal> {
  const { stage, scenarios, emit, signal, startedMonotonicMs } = options
  const { site } = stage
  const outlines = outline(scenarios, options.quietSeconds ?? defaultQuietSeconds)
  const memory = new MemoryPeak(site)
  const results: ScenarioResult[] = []
  emit({
    type: 'rehearsal-started',
    clusterKind: site.kind,
    nodes: site.nodes,
    kubernetesVersion: site.kubernetesVersion,
    variants: outlines,
  })
  try {
    for (const scenario of scenarios) {
      if (signal.aborted) break
      const result = await runScenario(scenario, outlines, options)
      if (result.variants.length > 0 || result.checks.length > 0) results.push(result)
    }
  } finally {
    await memory.stop()
  }
  if (signal.aborted) emit({ type: 'interrupted', reason: reasonOf(signal.reason) })
  const verdict = verdictOf(results)
  const ended = signal.aborted ? `Interrupted. ${verdict.sentence}` : verdict.sentence
  const passed = verdict.passed && !signal.aborted
  emit({ type: 'rehearsal-ended', passed, sentence: ended })
  const seconds = (systemClock.monotonicMs() - startedMonotonicMs) / 1000
  return {
    schema: 'drainkeeper.dev/rehearsal/v1',
    startedAt: new Date(systemClock.now() - seconds * 1000).toISOString(),
    seconds,
    cluster: { kind: site.kind, nodes: site.nodes, kubernetesVersion: site.kubernetesVersion },
    versions: options.versions,
    passed,
    interrupted: signal.aborted,
    sentence: ended,
    scenarios: results,
    leftBehind: [],
    peakMemoryBytes: memory.peakBytes,
  }
}

const defaultQuietSeconds = 2
const defaultProbeIntervalMs = 10

async function runScenario(
  scenario: Scenario,
  outlines: readonly VariantOutline[],
  options: RehearsalOptions,
): Promise<ScenarioResult> {
  const { stage, emit, signal, objective } = options
  const variants: VariantResult[] = []
  const checks: Check[] = []
  for (const variant of scenario.variants) {
    if (signal.aborted) break
    const its = outlines.find((each) => each.scenario === scenario.name && each.variant === variant.name)
    if (its === undefined) continue
    emit({ type: 'variant-started', outline: its })
    try {
      const evidence = await runVariant(scenario, variant, {
        stage,
        emit,
        signal,
        quietSeconds: options.quietSeconds ?? defaultQuietSeconds,
        probeIntervalMs: options.probeIntervalMs ?? defaultProbeIntervalMs,
      })
      const result = variantResult(scenario, variant, evidence, stage.site.dataplane)
      const found = checksOf(scenario, result, objective)
      variants.push(result)
      checks.push(...found)
      const { requests, lost } = result.total
      emit({ type: 'variant-ended', outline: its, requests, lost, passed: found.every(({ passed }) => passed) })
    } catch (error) {
      if (signal.aborted) break
      // One that breaks off is a failed check: the others still run, and their figures are kept.
      checks.push({ passed: false, sentence: `${variant.title}: it broke off: ${reasonOf(error)}` })
      emit({ type: 'variant-ended', outline: its, requests: 0, lost: 0, passed: false })
    }
  }
  emit({ type: 'scenario-ended', scenario: scenario.name, checks })
  return { scenario, passed: checks.length > 0 && checks.every(({ passed }) => passed), checks, variants }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

function outline(scenarios: readonly Scenario[], quietSeconds: number): VariantOutline[] {
  const pairs = scenarios.flatMap((scenario) => scenario.variants.map((variant) => ({ scenario, variant })))
  return pairs.map(({ scenario, variant }, index) => ({
    scenario: scenario.name,
    scenarioTitle: scenario.title,
    variant: variant.name,
    variantTitle: variant.title,
    index: index + 1,
    of: pairs.length,
    expectedSeconds: expectedSeconds(scenario, variant, quietSeconds),
  }))
}

/** What a rolling restart, a first contract and a deployment take, in seconds, on a machine with two cores. */
const usual = { disruption: 5, contract: 8, deploy: 4 }

function expectedSeconds(scenario: Scenario, variant: Variant, quietSeconds: number): number {
  const sleep = variant.preStopSleepSeconds ?? 0
  const contract = variant.policy === undefined ? 0 : usual.contract
  const disruptions = scenario.disruptions + (variant.policy === undefined ? 0 : (variant.learning ?? 0))
  return Math.round(usual.deploy + contract + 2 * quietSeconds + disruptions * (usual.disruption + sleep))
}
