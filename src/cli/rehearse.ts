import { existsSync } from 'node:fs'
import { release } from 'node:os'
import { systemClock } from '../kube/index.ts'
import { type EventSink, rehearse, type RehearsalEvent, timed } from '../lab/rehearsal/index.ts'
import type { Rehearsal } from '../lab/result.ts'
import type { Scenario } from '../lab/scenario.ts'
import {
  leftBehind,
  openEmbeddedSite,
  openKubeconfigSite,
  openStage,
  type Program,
  programs,
  readKustomization,
  type Site,
  type Stage,
} from '../lab/stage/index.ts'
import { lookOf } from '../lab/terminal/index.ts'
import { LiveView } from '../lab/terminal/live/index.ts'
import { buildPrograms, configFolder } from './build-programs.ts'
import { type Catalogue, chooseScenarios, listScenarios } from './choose-scenarios.ts'
import type { RehearseOptions } from './rehearse-command.ts'
import { UsageError } from './usage-error.ts'
import { addToJobSummary, makeFolder, writeReport } from './write-report.ts'

/** Everything around a command that is not its options. */
export interface Surroundings {
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Aborted when the user wants it to end. */
  readonly signal: AbortSignal
  readonly versions: Readonly<Record<string, string>>
  readonly catalogue: Catalogue
}

/** A way to a cluster that the options do not name themselves. */
export type OpenSite = (about: { signal: AbortSignal; progress: (line: string) => void }) => Promise<Site>

export interface Outcome {
  readonly exitCode: 0 | 1 | 2 | 130
  /** Null when nothing was rehearsed. */
  readonly rehearsal: Rehearsal | null
}

/**
 * Does what the options ask for. What is wrong with them is found before anything is started.
 * @param openSite instead of the cluster that the options name.
 * @throws UsageError
 */
export async function runRehearse(
  options: RehearseOptions,
  surroundings: Surroundings,
  openSite?: OpenSite,
): Promise<Outcome> {
  const { stdout, catalogue } = surroundings
  if (options.list) {
    stdout.write(`${listScenarios(catalogue).join('\n')}\n`)
    return { exitCode: 0, rehearsal: null }
  }
  const scenarios = chooseScenarios(options, catalogue)
  const open = openSite ?? siteOpener(options, scenarios)
  if (options.report) makeFolder(options.out)
  const events: RehearsalEvent[] = []
  const rehearsal = await rehearseThere(scenarios, options, surroundings, open, (event) => events.push(event))
  if (rehearsal === null) return { exitCode: 130, rehearsal }
  if (options.report) {
    const [report = ''] = writeReport(rehearsal, events, options.out)
    if (!options.json) stdout.write(`\nReport: ${report}\n`)
  }
  addToJobSummary(rehearsal, surroundings.environment)
  if (options.json) stdout.write(`${JSON.stringify(rehearsal)}\n`)
  if (rehearsal.interrupted) return { exitCode: 130, rehearsal }
  return { exitCode: rehearsal.passed && rehearsal.leftBehind.length === 0 ? 0 : 1, rehearsal }
}

/** Null when it was interrupted before there was anything to tell. */
async function rehearseThere(
  scenarios: readonly Scenario[],
  options: RehearseOptions,
  { stdout, stderr, environment, signal, versions }: Surroundings,
  openSite: OpenSite,
  observe: EventSink,
): Promise<Rehearsal | null> {
  const startedMonotonicMs = systemClock.monotonicMs()
  // Whoever asks for JSON reads it from stdout, and wants nothing else there.
  const stream = options.json ? stderr : stdout
  const view = new LiveView(stream, lookOf(stream, environment), () => systemClock.monotonicMs())
  const emit = timed((event) => {
    view.take(event)
    observe(event)
  }, startedMonotonicMs)
  const progress = (text: string): void => emit({ type: 'step', text })
  try {
    const site = await openSite({ signal, progress })
    const stage = await openStage({ site, config: readKustomization(configFolder), signal, progress })
    const rehearsal = await rehearse({
      stage,
      scenarios,
      objective: { maxLost: options.maxLost },
      emit,
      signal,
      startedMonotonicMs,
      versions: { node: process.versions.node, kernel: release(), ...versions },
    }).catch(async (error: unknown) => {
      await tidyUp(stage, progress)
      throw error
    })
    return { ...rehearsal, leftBehind: await tidyUp(stage, progress) }
  } catch (error) {
    if (!signal.aborted) throw error
    emit({ type: 'interrupted', reason: 'before the first variant was over' })
    return null
  } finally {
    view.stop()
  }
}

/** Resolves with what could not be taken away. */
async function tidyUp(stage: Stage, progress: (text: string) => void): Promise<readonly string[]> {
  progress('taking everything away again')
  const left = await stage.close()
  for (const each of left) progress(leftBehind(each))
  return left
}

/** A lag for a node that is not there would be no lag at all. */
function refuseUnknownNodes(scenario: string, named: readonly string[], nodes: number): void {
  const there = Array.from({ length: nodes }, (_, index) => `node-${index + 1}`)
  const missing = named.filter((node) => !there.includes(node))
  if (missing.length === 0) return
  throw new UsageError(
    `${scenario} sets the lag of ${missing.join(', ')}, and --nodes ${nodes} makes ${there.join(', ')}: write more --nodes, or correct lag.nodes`,
  )
}

/** @throws UsageError when the options name a cluster that cannot be had. */
function siteOpener(options: RehearseOptions, scenarios: readonly Scenario[]): OpenSite {
  const { kubeconfig, context, image, nodes } = options
  if (kubeconfig === undefined) {
    if (Object.keys(image).length > 0)
      throw new UsageError('--image is for a cluster of yours: name it with --kubeconfig')
    if (context !== undefined) throw new UsageError('--context is of a kubeconfig: name it with --kubeconfig')
    const draining = scenarios.find(({ disruption }) => disruption === 'node-drain')
    if (draining !== undefined && nodes < 2) {
      throw new UsageError(`${draining.name} drains a node and needs another one: write --nodes 2 or more`)
    }
    for (const { name, lag } of scenarios) refuseUnknownNodes(name, Object.keys(lag.nodes ?? {}), nodes)
    return async ({ signal, progress }) => {
      progress('bundling the programs')
      const files = await buildPrograms(signal)
      progress('starting a cluster in this process')
      return openEmbeddedSite({ files, nodes, signal })
    }
  }
  if (!existsSync(kubeconfig)) throw new UsageError(`--kubeconfig ${kubeconfig}: there is no such file`)
  const missing = programs.filter((program) => image[program] === undefined)
  if (missing.length > 0) {
    const wanted = missing.map((program) => `--image ${program}=REFERENCE`).join(' ')
    throw new UsageError(
      `that cluster cannot be given images: write them with npm run images, push them, and add ${wanted}`,
    )
  }
  const images = image as Record<Program, string>
  return ({ signal }) =>
    openKubeconfigSite({ kubeconfigPath: kubeconfig, images, signal, ...(context === undefined ? {} : { context }) })
}
