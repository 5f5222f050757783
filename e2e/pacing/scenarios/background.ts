import type { Bed } from '../bed.ts'
import { isOver, isReleased, pausedWithoutReason } from '../rollouts.ts'
import { Scene } from '../scene.ts'
import { check, type PacingSection, type Scenario } from '../section.ts'

const replicas = 6
const rate = 200
const env = { ERROR_RATE: '0.005' }

export const background: Scenario = {
  name: 'background',
  title: 'A good version of a service that always fails 0.5 %',
  async run(bed: Bed): Promise<Omit<PacingSection, 'name'>> {
    const scene = await Scene.open(bed, { name: 'background', replicas, env, pacing: { maxHold: '30s' } })
    try {
      await scene.load.add(rate)
      // The baseline is taken every ten seconds at rest.
      await scene.pause(35)
      const { revision = 0 } = scene.timeline.last ?? {}
      const changedMs = await scene.change({ VERSION: '2' })
      const end = await scene.within((now) => isOver(revision + 1)(now) && isReleased(now), 240)
      const seconds = ((end?.atMs ?? Date.now()) - changedMs) / 1000
      await scene.load.stop()
      const { requests, harmed } = scene.load.harm(changedMs, changedMs + seconds * 1000)
      const kinds = scene.load.kinds(changedMs, changedMs + seconds * 1000)
      const moments = scene.timeline.since(changedMs)
      const breaches = moments.filter(({ pace }) => pace?.verdict === 'Breached')
      const phases = [...new Set(moments.map(({ pace }) => pace?.phase ?? 'none'))]
      const verdicts = [...new Set(moments.flatMap(({ pace }) => pace?.because ?? []))]
      return {
        checks: [
          check(
            'it completes',
            end !== undefined,
            `${seconds.toFixed(0)} s, ${harmed} of ${requests} requests failed, ${kinds['500'] ?? 0} of them by the service itself`,
          ),
          check('no breach', breaches.length === 0, breaches[0]?.pace?.because ?? `phases ${phases.join(', ')}`),
          check(
            'never paused',
            moments.every(({ paused }) => !paused) && pausedWithoutReason(scene.timeline, changedMs).length === 0,
            `verdicts ${[...new Set(moments.map(({ pace }) => pace?.verdict ?? 'none'))].join(', ')}`,
          ),
        ],
        figures: { rate, seconds, requests, harmed, kinds, phases, verdicts },
      }
    } finally {
      await scene.close()
    }
  },
}
