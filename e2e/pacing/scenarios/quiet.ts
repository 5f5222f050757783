import type { Check } from '../../check.ts'
import type { Bed } from '../bed.ts'
import { isOver, isReleased } from '../rollouts.ts'
import { Scene } from '../scene.ts'
import { check, type PacingSection, type Scenario } from '../section.ts'
import { together } from '../together.ts'

const replicas = 3
const maxHoldSeconds = 20
/** What a step takes besides being held: a pod's start and what the operator needs to see of it. */
const perStepSeconds = 15

export const quiet: Scenario = {
  name: 'quiet',
  title: 'A good version of a service that nobody asks much',
  async run(bed: Bed): Promise<Omit<PacingSection, 'name'>> {
    const parts = await together([ends(bed, 'quiet-one', 1), ends(bed, 'quiet-none', 0), pauses(bed, 'quiet-pause')])
    return {
      checks: parts.flatMap(({ checks }) => checks),
      figures: { maxHoldSeconds, parts: parts.map(({ figures }) => figures) },
    }
  },
}

interface Part {
  checks: Check[]
  figures: object
}

/** onInconclusive Continue, the default: each step goes on after maxHold. */
async function ends(bed: Bed, name: string, rate: number): Promise<Part> {
  const scene = await Scene.open(bed, { name, replicas, pacing: { maxHold: `${maxHoldSeconds}s` } })
  try {
    if (rate > 0) await scene.load.add(rate)
    const { revision = 0 } = scene.timeline.last ?? {}
    const changedMs = await scene.change({ VERSION: '2' })
    const atMost = replicas * (maxHoldSeconds + perStepSeconds)
    const end = await scene.within((now) => isOver(revision + 1)(now) && isReleased(now), atMost)
    const seconds = ((end?.atMs ?? Date.now()) - changedMs) / 1000
    const moments = scene.timeline.since(changedMs)
    const healthy = moments.findLast((moment) => moment.pace?.verdict === 'Inconclusive')
    return {
      checks: [
        check(
          `${rate} requests/s, Continue: ends within ${atMost} s, never paused`,
          end !== undefined && moments.every(({ paused }) => !paused),
          end === undefined
            ? `not over after ${seconds.toFixed(0)} s: ${scene.timeline.last?.healthy?.message}`
            : `${seconds.toFixed(0)} s for ${replicas} pods, held ${maxHoldSeconds} s each`,
        ),
        check(
          `${rate} requests/s, Continue: Inconclusive, and why`,
          healthy?.healthy?.status === 'Unknown' && (healthy.pace?.because ?? '') !== '',
          `${healthy?.healthy?.status}: ${healthy?.pace?.because}`,
        ),
      ],
      figures: { rate, seconds, because: healthy?.pace?.because },
    }
  } finally {
    await scene.close()
  }
}

/** onInconclusive Pause: paused after maxHold, which is told, and one line ends. */
async function pauses(bed: Bed, name: string): Promise<Part> {
  const pacing = { maxHold: `${maxHoldSeconds}s`, onInconclusive: 'Pause' }
  const scene = await Scene.open(bed, { name, replicas, pacing })
  try {
    const { revision = 0 } = scene.timeline.last ?? {}
    const changedMs = await scene.change({ VERSION: '2' })
    const paused = await scene.within(({ paused: is, pace }) => is && pace?.phase === 'Paused', maxHoldSeconds + 40)
    const seconds = ((paused?.atMs ?? Date.now()) - changedMs) / 1000
    await scene.pause(5)
    await scene.kubectl('rollout', 'resume', 'deployment/shop')
    const end = await scene.within((now) => isOver(revision + 1)(now) && isReleased(now), 60)
    return {
      checks: [
        check(
          'no requests, Pause: paused after maxHold, and says so',
          paused !== undefined && paused.healthy?.message.includes('nothing was heard') === true,
          `after ${seconds.toFixed(0)} s: ${paused?.healthy?.status} ${paused?.healthy?.message}`,
        ),
        check(
          'no requests, Pause: kubectl rollout resume is the end of it',
          end !== undefined,
          end === undefined ? `${scene.timeline.last?.healthy?.message}` : 'rolled out, nothing held',
        ),
      ],
      figures: { onInconclusive: 'Pause', seconds },
    }
  } finally {
    await scene.close()
  }
}
