import type { Bed } from '../bed.ts'
import { isOver, isReleased } from '../rollouts.ts'
import { Scene } from '../scene.ts'
import { check, type PacingSection, type Scenario } from '../section.ts'
import type { Moment } from '../timeline.ts'

const replicas = 20
const maxSurge = 4
const rate = 300
/** What a pod takes to start, besides what it really takes: a runtime that warms up. */
const warmUpSeconds = 10
const ratioAtMost = 1.2
/** A service that promises 98 %: what a verdict on it takes comes within a pod's start. */
const pacing = { objective: { errorRate: 0.02, minRequests: 50 } }
const deployment = { strategy: { rollingUpdate: { maxSurge, maxUnavailable: 0 } } }

export const speed: Scenario = {
  name: 'speed',
  title: 'Speed of a healthy rollout',
  async run(bed: Bed): Promise<Omit<PacingSection, 'name'>> {
    const scene = await Scene.open(bed, { name: 'speed', replicas, deployment, warmUpSeconds, pacing: null })
    try {
      await scene.load.add(rate)
      await scene.pause(5)
      const plain = await rolled(scene, '2')
      await scene.until('no pod ends any more', () => noneEnds(scene), 60)
      await scene.pace(pacing)
      await scene.pause(25)
      const paced = await rolled(scene, '3')
      await scene.load.stop()
      return sectionOf(plain, paced, scene)
    } finally {
      await scene.close()
    }
  },
}

const noneEnds = (scene: Scene): boolean => scene.watched.podsOf('shop').every(({ deleting }) => !deleting)

interface Rollout {
  readonly changedMs: number
  readonly endMs: number
  readonly moments: readonly Moment[]
}

async function rolled(scene: Scene, version: string): Promise<Rollout> {
  const { revision = 0 } = scene.timeline.last ?? {}
  const changedMs = await scene.change({ VERSION: version })
  const isEnd = isOver(revision + 1)
  const end = await scene.until('the rollout', isEnd, 240)
  await scene.within(isReleased, 20)
  return { changedMs, endMs: end.atMs, moments: scene.timeline.since(changedMs) }
}

const seconds = ({ changedMs, endMs }: Rollout): number => (endMs - changedMs) / 1000

/** From when so many new pods were there until the end. */
const secondsFrom = (updated: number, rollout: Rollout): number => {
  const from = rollout.moments.find((moment) => moment.observed && moment.updated > updated)
  return (rollout.endMs - (from?.atMs ?? rollout.endMs)) / 1000
}

function sectionOf(plain: Rollout, paced: Rollout, scene: Scene): Omit<PacingSection, 'name'> {
  // Grown: the first moment with new pods beyond those of the steps that still grew.
  const grown = paced.moments.find(({ pace }) => (pace?.stepPods ?? 0) >= maxSurge && pace?.phase === 'Stepping')
  const from = grown?.updated ?? replicas
  const rest = { plain: secondsFrom(from, plain), paced: secondsFrom(from, paced) }
  const ratio = rest.paced / rest.plain
  const total = seconds(paced) / seconds(plain)
  const harm = {
    plain: scene.load.harm(plain.changedMs, plain.endMs),
    paced: scene.load.harm(paced.changedMs, paced.endMs),
  }
  const steps = paced.moments.filter(
    ({ pace }, at) => pace?.phase === 'Stepping' && paced.moments[at - 1]?.pace?.phase !== 'Stepping',
  ).length
  const line = (title: string, of: Rollout, rests: number): string[] => [
    title,
    `${seconds(of).toFixed(1)} s`,
    `${rests.toFixed(1)} s`,
  ]
  return {
    checks: [
      check(
        `once grown, at most ${ratioAtMost} x the plain Deployment`,
        grown !== undefined && from < replicas && ratio <= ratioAtMost,
        grown === undefined
          ? `never grown: steps of ${[...new Set(paced.moments.map(({ pace }) => pace?.stepPods))].join(', ')}`
          : `${ratio.toFixed(2)}: the last ${replicas - from} pods in ${rest.paced.toFixed(1)} s, plain ${rest.plain.toFixed(1)} s; all ${replicas} pods ${total.toFixed(2)}`,
      ),
      check(
        'it harms no more than the plain Deployment',
        harm.paced.harmed <= harm.plain.harmed,
        `${harm.paced.harmed} of ${harm.paced.requests} requests, plain ${harm.plain.harmed} of ${harm.plain.requests}`,
      ),
    ],
    figures: {
      replicas,
      maxSurge,
      rate,
      warmUpSeconds,
      plainSeconds: seconds(plain),
      pacedSeconds: seconds(paced),
      totalRatio: total,
      grownAfterPods: from,
      grownRatio: ratio,
      rest,
      harm,
      steps,
      track: paced.moments.map(({ atMs, updated, available, total: all, pace, minReadySeconds }) => [
        Number(((atMs - paced.changedMs) / 1000).toFixed(1)),
        updated,
        available,
        all,
        minReadySeconds,
        pace?.phase,
        pace?.stepPods,
        pace?.verdict,
      ]),
    },
    table: {
      heads: ['rollout of 20 pods', 'all', `after ${from} new pods`],
      rows: [
        line('plain Deployment', plain, rest.plain),
        line('paced', paced, rest.paced),
        ['ratio', total.toFixed(2), ratio.toFixed(2)],
      ],
    },
  }
}
