import type { Check } from '../check.ts'
import type { Bed } from './bed.ts'
import type { Harm } from './load.ts'
import { Scene, type SceneOptions } from './scene.ts'
import { check } from './section.ts'
import type { Moment } from './timeline.ts'
import { together } from './together.ts'

/** What a version did to its clients, under one way to roll it out. */
export interface Outcome {
  readonly name: string
  /** In the same time for everybody, from the change on. */
  readonly window: Harm
  /** Until the rollout was held or taken back; absent: nobody did. */
  readonly untilStopped?: Harm
  readonly stoppedSeconds?: number
  /** Pods of the new version when it was stopped, or at the end of the window. */
  readonly newPods: number
  readonly pods: number
  readonly kinds: Record<string, number>
  /** At the end of the window. */
  readonly end: Moment | undefined
  readonly events: ReadonlyMap<string, string[]>
  /** Right before the change: what fails there is not the version's. */
  readonly before: Harm
}

export interface Trial {
  readonly scene: SceneOptions
  /** Requests a second from before the change on. */
  readonly rate: number
  /** More of them, so many seconds after the change. */
  readonly more?: { readonly rate: number; readonly afterSeconds: number }
  readonly version: Readonly<Record<string, string>>
  readonly windowSeconds: number
  readonly quietSeconds: number
  /** What counts as stopped. */
  readonly stopped: (now: Moment, before: Moment | undefined) => boolean
}

const calmSeconds = 8
const secondsApart = 10
const calmWithinSeconds = 60

/**
 * Several at the same time, each change some seconds after the one before: pods that start all at once take the processors
 * from those that serve.
 */
export function triedTogether(bed: Bed, trials: readonly Trial[]): Promise<Outcome[]> {
  return together(
    trials.map((trial, index) => tried(bed, { ...trial, quietSeconds: trial.quietSeconds + index * secondsApart })),
  )
}

/** Until clients have lost nothing for a while: what they lose after that is the rollout's. Pods that begin are slow. */
async function calm(scene: Scene, quietSeconds: number): Promise<void> {
  await scene.pause(Math.max(0, quietSeconds - calmSeconds))
  let before = await scene.load.lost()
  for (let waited = 0; waited < calmWithinSeconds; waited += calmSeconds) {
    await scene.pause(calmSeconds)
    const now = await scene.load.lost()
    if (now === before) return
    before = now
  }
}

/** Rolls one version out under load, and counts at the client. */
async function tried(bed: Bed, trial: Trial): Promise<Outcome> {
  const { rate, more, version, windowSeconds, quietSeconds } = trial
  const scene = await Scene.open(bed, trial.scene)
  try {
    await scene.load.add(rate)
    await calm(scene, quietSeconds)
    const before = scene.timeline.last
    const startedMs = Date.now() - calmSeconds * 1000
    const changedMs = await scene.change(version)
    const endMs = changedMs + windowSeconds * 1000
    const raising = (async () => {
      if (more === undefined) return
      await scene.pause(more.afterSeconds)
      await scene.load.add(more.rate)
    })()
    const stopped = await scene.within((now) => trial.stopped(now, before), windowSeconds)
    await raising
    await scene.pause(Math.max(0, (endMs - Date.now()) / 1000))
    await scene.load.stop()
    return {
      name: trial.scene.name,
      window: scene.load.harm(changedMs, endMs),
      ...(stopped === undefined
        ? {}
        : {
            untilStopped: scene.load.harm(changedMs, stopped.atMs),
            stoppedSeconds: (stopped.atMs - changedMs) / 1000,
          }),
      newPods: (stopped ?? scene.timeline.last)?.updated ?? 0,
      pods: trial.scene.replicas,
      kinds: scene.load.kinds(changedMs, endMs),
      end: scene.timeline.last,
      events: await scene.events(),
      before: scene.load.harm(startedMs, changedMs),
    }
  } finally {
    await scene.close()
  }
}

export const share = ({ requests, harmed }: Harm): string => `${harmed} of ${requests}`

/** One line of the table that people read. */
export function outcomeRow(title: string, outcome: Outcome): string[] {
  const { window, untilStopped, stoppedSeconds, newPods, pods, kinds } = outcome
  const answered = Object.entries(kinds).reduce((sum, [kind, count]) => sum + (/^5\d\d$/.test(kind) ? count : 0), 0)
  return [
    title,
    String(window.harmed),
    String(answered),
    String(window.requests),
    untilStopped === undefined ? 'not stopped' : String(untilStopped.harmed),
    stoppedSeconds === undefined ? '' : `${stoppedSeconds.toFixed(1)} s`,
    `${newPods} of ${pods}`,
  ]
}

export const outcomeHeads = (windowSeconds: number): string[] => [
  'rollout',
  `harmed in ${windowSeconds} s`,
  'of them 5xx',
  'requests',
  'harmed until stopped',
  'stopped after',
  'new pods then',
]

/** A measurement that begins with failures says nothing of what came after. */
export const calmBefore = (outcomes: readonly Outcome[]): Check =>
  check(
    'right before the change nothing failed',
    outcomes.every(({ before }) => before.harmed === 0),
    outcomes.map(({ name, before }) => `${name} ${share(before)}`).join(', '),
  )

/** As plain data for the artifact. */
export function outcomeFigures({ events, end, ...rest }: Outcome): Record<string, unknown> {
  return {
    ...rest,
    events: Object.fromEntries([...events].filter(([reason]) => reason.startsWith('Rollout'))),
    condition: end?.healthy,
    pace: end?.pace,
  }
}
