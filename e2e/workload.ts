import { type Interval, type LabRun, measureRun, type ProgressWriter } from '../src/lab/index.ts'
import { newConnections, pause } from '../src/lab/rehearsal/index.ts'
import { startLoad } from './load.ts'
import { labNamespace, workloadManifest } from './manifests.ts'
import { Processor } from './processor.ts'
import type { Testbed, WorkloadName } from './testbed.ts'
import type { ObservedDeletion } from '../src/lab/stage/index.ts'

export interface WorkloadRun {
  run: LabRun
  rollouts: Interval[]
  deletions: ObservedDeletion[]
  /** Busy share of this machine's processors. */
  processor: { quiet: number | null; rollouts: number | null }
}

/** What happens to a workload while load is on it. */
export interface Stage {
  /** Does one step (a restart, a scale-down, a node drain) and resolves when it is over. */
  step: (index: number) => Promise<void>
  /** At most so many steps. */
  steps: number
  /** No further step once this holds. @default never */
  enough?: () => boolean
  stepName: string
  /** Quiet load before the first step and after the last, in seconds. */
  quietSeconds: number
}

export interface WorkloadOptions {
  name: string
  service: WorkloadName
  ratePerSecond: number
  probeIntervalMs?: number
  phase: string
  /** Absent: no progress. */
  writer?: ProgressWriter
}

/** Makes the Deployment of a workload, and waits until all of its pods are there. */
export async function deploy(testbed: Testbed, service: WorkloadName, replicas: number): Promise<void> {
  const drained = service === 'drained'
  const image = drained ? testbed.images.drained : testbed.images.naive
  await testbed.kubectl.apply(workloadManifest({ name: service, image, replicas, drained }))
  await settled(testbed, service, 120)
}

/** Waits until the rollout of a workload is complete. */
export async function settled(testbed: Testbed, service: string, timeoutSeconds: number): Promise<void> {
  const generation = testbed.watched.deployment(service)?.generation ?? 1
  await testbed.watched.until(
    `the rollout of ${service}`,
    () => testbed.watched.rolledOut(service, generation),
    timeoutSeconds,
    testbed.signal,
  )
}

/** Waits until no pod of a workload is terminating. */
export async function noneTerminating(testbed: Testbed, service: string, timeoutSeconds: number): Promise<void> {
  await testbed.watched.until(
    `the old pods of ${service} end`,
    () => testbed.watched.podsOf(service).every(({ deleting }) => !deleting),
    timeoutSeconds,
    testbed.signal,
  )
}

/** One rolling restart, as a person does it. Resolves when the new pods serve; the old ones may still be draining. */
export async function restart(testbed: Testbed, service: string): Promise<void> {
  const before = testbed.watched.deployment(service)?.generation ?? 0
  await testbed.kubectl.run(['-n', labNamespace, 'rollout', 'restart', `deployment/${service}`])
  await testbed.watched.until(
    `the restart of ${service}`,
    () => testbed.watched.rolledOut(service, before + 1),
    180,
    testbed.signal,
  )
}

/** Runs load over a stage, and measures it. Every step counts as a rollout until its last old pod has ended. */
export async function underLoad(testbed: Testbed, options: WorkloadOptions, stage: Stage): Promise<WorkloadRun> {
  const { service, ratePerSecond, probeIntervalMs, phase, writer } = options
  const startedMs = Date.now()
  const known = new Set(testbed.watched.deletions.keys())
  const load = await startLoad(testbed, `${service}-${startedMs}`, {
    service,
    ratePerSecond,
    maxSeconds: 3000,
    ...(probeIntervalMs === undefined ? {} : { probeIntervalMs }),
  })
  let step = 0
  const over = new AbortController()
  const processor = new Processor()
  const progress = (async () => {
    while (!over.signal.aborted) {
      const status = await load.totals()
      writer?.update({
        phase,
        step: { name: stage.stepName, at: step, of: stage.steps },
        load: status,
        elapsedSeconds: (Date.now() - startedMs) / 1000,
      })
      await pause(1000, testbed.signal)
    }
  })()
  const rollouts: Interval[] = []
  try {
    await pause(stage.quietSeconds * 1000, testbed.signal)
    for (step = 1; step <= stage.steps && stage.enough?.() !== true; step += 1) {
      const startMs = Date.now()
      await stage.step(step)
      rollouts.push({ startMs, endMs: Date.now() })
    }
    step -= 1
    await noneTerminating(testbed, service, 180)
    await pause(stage.quietSeconds * 1000, testbed.signal)
  } finally {
    over.abort()
    processor.stop()
    await progress.catch(() => undefined)
  }
  const { loads, probes } = await load.stop()
  const connections = newConnections([...probes, ...loads])
  const deletions = [...testbed.watched.deletions]
    .filter(([uid, { deployment }]) => !known.has(uid) && deployment === service)
    .map(([, deletion]) => deletion)
  const lastEndMs = Math.max(0, ...deletions.map(({ endedMs }) => endedMs ?? 0))
  const last = rollouts.at(-1)
  if (last !== undefined) rollouts[rollouts.length - 1] = { ...last, endMs: Math.max(last.endMs, lastEndMs) }
  const run = measureRun({ name: options.name, loads, probes: connections, rollouts, deletions })
  return { run, rollouts, deletions, processor: processor.shares(rollouts) }
}
