import type { Check } from '../../check.ts'
import type { Bed } from '../bed.ts'
import { isOver, isPausedByUs, isReleased, pausedWithoutReason } from '../rollouts.ts'
import { Scene, type SceneOptions } from '../scene.ts'
import { check, type PacingSection, type Scenario } from '../section.ts'
import { together } from '../together.ts'
import type { Moment } from '../timeline.ts'

const deployment = { strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }
const pacing = { objective: { errorRate: 0.05, minRequests: 20 }, maxHold: '30s' }
const rate = 40
const target = 'deployment/shop'

/** One thing that a person does in the middle of a rollout, and what has to come of it. */
interface Case {
  readonly name: string
  readonly what: string
  readonly scene?: Partial<SceneOptions>
  readonly version: Readonly<Record<string, string>>
  readonly act: (scene: Scene, revision: number) => Promise<Result>
}

interface Result {
  readonly passed: boolean
  readonly detail: string
}

/** Some pods are new, some are old: the middle. */
const middle = (now: Moment): boolean => now.updated > 0 && now.total > now.updated && now.pace?.phase !== 'AtRest'

const ended = async (scene: Scene, revision: number, more: (now: Moment) => boolean = () => true): Promise<Result> => {
  const end = await scene.within((now) => isOver(revision)(now) && isReleased(now) && more(now), 150)
  const { last } = scene.timeline
  const detail =
    end === undefined
      ? `not over: revision ${last?.revision}, ${last?.updated} of ${last?.desired} updated, ${last?.total} in all, ${last?.healthy?.message}`
      : `rolled out at revision ${end.revision}, ${end.available} pods, nothing held`
  return { passed: end !== undefined, detail }
}

const good = { VERSION: '2' }
const bad = { VERSION: '2', ERROR_RATE: '0.5' }

const cases: readonly Case[] = [
  {
    name: 'undo',
    what: 'kubectl rollout undo in the middle goes back at once, unpaced',
    version: good,
    async act(scene, revision) {
      await scene.until('the middle', middle, 60)
      await scene.kubectl('rollout', 'undo', target)
      const known = scene.within(({ pace }) => pace?.phase === 'KnownHealthy', 30)
      const result = await ended(scene, revision + 2)
      return (await known) === undefined ? { passed: false, detail: `never KnownHealthy; ${result.detail}` } : result
    },
  },
  {
    name: 'pause',
    what: 'kubectl rollout pause is kept, and kubectl rollout resume goes on',
    version: good,
    async act(scene, revision) {
      await scene.until('the middle', middle, 60)
      await scene.kubectl('rollout', 'pause', target)
      const told = await scene.within(({ pace }) => pace?.phase === 'PausedByUser', 20)
      await scene.pause(10)
      const kept = scene.timeline.last?.paused === true
      await scene.kubectl('rollout', 'resume', target)
      const result = await ended(scene, revision + 1)
      if (told === undefined) return { passed: false, detail: `never PausedByUser; ${result.detail}` }
      return kept ? result : { passed: false, detail: `the pause of the user was ended; ${result.detail}` }
    },
  },
  {
    name: 'restart',
    what: 'kubectl rollout restart in the middle',
    version: good,
    async act(scene, revision) {
      await scene.until('the middle', middle, 60)
      await scene.kubectl('rollout', 'restart', target)
      return ended(scene, revision + 2)
    },
  },
  {
    name: 'fix',
    what: 'a fix for a version that was paused rolls out without a resume',
    version: bad,
    async act(scene, revision) {
      await scene.until('the pause', isPausedByUs, 60)
      await scene.change({ VERSION: '3', ERROR_RATE: '0' })
      return ended(scene, revision + 2)
    },
  },
  {
    name: 'scale',
    what: 'scaling from 4 to 7 in the middle, as an HPA does',
    version: good,
    async act(scene, revision) {
      await scene.until('the middle', middle, 60)
      await scene.kubectl('patch', target, '--subresource=scale', '--type=merge', '-p', '{"spec":{"replicas":7}}')
      return ended(scene, revision + 1, ({ desired }) => desired === 7)
    },
  },
  {
    name: 'resume',
    what: 'kubectl rollout resume overrides our pause, for this rollout',
    version: bad,
    async act(scene, revision) {
      await scene.until('the pause', isPausedByUs, 60)
      // Until the operator has seen its own pause, a resume is taken for an apply that was lost.
      await scene.pause(5)
      await scene.kubectl('rollout', 'resume', target)
      const told = await scene.within(({ pace }) => pace?.phase === 'Overridden', 20)
      const result = await ended(scene, revision + 1)
      return told === undefined ? { passed: false, detail: `never Overridden; ${result.detail}` } : result
    },
  },
  {
    name: 'deadline',
    what: 'progressDeadlineSeconds of the owner is not exceeded by our holds',
    scene: { deployment: { ...deployment, progressDeadlineSeconds: 25 }, pacing: { ...pacing, maxHold: '60s' } },
    version: good,
    async act(scene, revision) {
      const result = await ended(scene, revision + 1)
      const exceeded = scene.timeline.moments.some(({ deadlineExceeded }) => deadlineExceeded)
      return exceeded ? { passed: false, detail: `Progressing was False; ${result.detail}` } : result
    },
  },
  {
    name: 'unready',
    what: 'a version that never becomes ready is told by its own deadline, not hidden by a pause',
    scene: { deployment: { ...deployment, progressDeadlineSeconds: 20 } },
    version: { VERSION: '2', PORT: 'nonsense' },
    async act(scene) {
      const told = await scene.within(({ deadlineExceeded }) => deadlineExceeded, 90)
      const { last } = scene.timeline
      return {
        passed: told !== undefined && last?.paused === false && last.available >= 4,
        detail: `Progressing is ${told === undefined ? 'not ' : ''}False, ${last?.available} pods available, phase ${last?.pace?.phase}`,
      }
    },
  },
]

export const people: Scenario = {
  name: 'people',
  title: 'People and other controllers in the middle of a rollout',
  async run(bed: Bed): Promise<Omit<PacingSection, 'name'>> {
    const checks: Check[] = []
    for (let first = 0; first < cases.length; first += 4)
      checks.push(...(await together(cases.slice(first, first + 4).map((one) => played(bed, one)))))
    return { checks, figures: { rate, cases: cases.map(({ name }) => name) } }
  },
}

async function played(bed: Bed, { name, what, scene: options, version, act }: Case): Promise<Check> {
  const scene = await Scene.open(bed, { name: `people-${name}`, replicas: 4, deployment, pacing, ...options })
  try {
    await scene.load.add(rate)
    await scene.pause(12)
    const { revision = 0 } = scene.timeline.last ?? {}
    const changedMs = await scene.change(version)
    const { passed, detail } = await act(scene, revision).catch((error: unknown): Result => {
      bed.signal.throwIfAborted()
      return { passed: false, detail: error instanceof Error ? error.message : String(error) }
    })
    const bare = pausedWithoutReason(scene.timeline, changedMs)
    return check(what, passed && bare.length === 0, bare.length === 0 ? detail : `paused without a reason; ${detail}`)
  } finally {
    await scene.close()
  }
}
