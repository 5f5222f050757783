import type { Bed } from '../bed.ts'
import { isOver, isPausedByUs } from '../rollouts.ts'
import { Scene } from '../scene.ts'
import { check, type PacingSection, type Scenario } from '../section.ts'
import { ownedByGitOps } from '../../../src/pacing/breach.ts'

const manager = 'kustomize-controller'
const replicas = 3

export const gitops: Scenario = {
  name: 'gitops',
  title: 'A template that a GitOps tool owns',
  async run(bed: Bed): Promise<Omit<PacingSection, 'name'>> {
    const scene = await Scene.open(bed, {
      name: 'gitops',
      replicas,
      manager,
      annotations: { 'drainkeeper.dev/rollback': 'allowed' },
      pacing: { objective: { errorRate: 0.05, minRequests: 30 }, onBreach: 'Rollback' },
    })
    try {
      await scene.load.add(60)
      await scene.pause(15)
      const { revision = 0 } = scene.timeline.last ?? {}
      await scene.change({ VERSION: '2', ERROR_RATE: '0.5' })
      const paused = await scene.within(isPausedByUs, 60)
      await scene.pause(5)
      const message = scene.timeline.last?.healthy?.message ?? ''
      const stayed = scene.timeline.last?.revision === revision + 1
      await scene.change({ VERSION: '3' })
      const end = await scene.within(isOver(revision + 2), 120)
      return {
        checks: [
          check(
            'paused, not rolled back',
            paused !== undefined && stayed,
            `revision ${revision} -> ${paused?.revision}`,
          ),
          check('refused in exactly these words', message.includes(ownedByGitOps(manager)), message),
          check(
            'a fix from Git rolls out',
            end !== undefined,
            end === undefined ? `${scene.timeline.last?.healthy?.message}` : 'rolled out',
          ),
        ],
        figures: { manager, message },
      }
    } finally {
      await scene.close()
    }
  },
}
