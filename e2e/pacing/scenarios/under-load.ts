import type { Bed } from '../bed.ts'
import { calmBefore, outcomeFigures, outcomeHeads, outcomeRow, share, type Trial, triedTogether } from '../compared.ts'
import { isPausedByUs } from '../rollouts.ts'
import { check, type PacingSection, type Scenario } from '../section.ts'

const replicas = 6
const windowSeconds = 45
const harmedAtMost = 60

/** Eight requests a second for each pod, which it serves; and then some thirty, of which it fails a part. */
const quietRate = 48
const more = { rate: 152, afterSeconds: 15 }
const version = { VERSION: '2', ERROR_RATE: '0.3', ERROR_ABOVE: '20' }

const fixedStep = { strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }, minReadySeconds: 10 }

export const underLoad: Scenario = {
  name: 'under-load',
  title: 'A version that fails under load only',
  async run(bed: Bed): Promise<Omit<PacingSection, 'name'>> {
    const trial = (scene: Trial['scene'], stopped: Trial['stopped']): Trial => ({
      scene,
      rate: quietRate,
      more,
      version,
      windowSeconds,
      quietSeconds: 15,
      stopped,
    })
    const never = (): boolean => false
    const [plain, fixed, paced] = await triedTogether(bed, [
      trial({ name: 'load-plain', replicas, pacing: null }, never),
      trial({ name: 'load-fixed', replicas, deployment: fixedStep, pacing: null }, never),
      trial({ name: 'load-paced', replicas, pacing: { objective: { errorRate: 0.01 } } }, isPausedByUs),
    ])
    if (plain === undefined || fixed === undefined || paced === undefined) throw new Error('no outcome')
    return {
      checks: [
        calmBefore([plain, fixed, paced]),
        check(
          `stopped with at most ${harmedAtMost} harmed`,
          paced.untilStopped !== undefined && paced.untilStopped.harmed <= harmedAtMost,
          paced.untilStopped === undefined
            ? `not stopped: ${paced.end?.healthy?.reason} ${paced.end?.healthy?.message}`
            : `${share(paced.untilStopped)} after ${paced.stoppedSeconds?.toFixed(1)} s, more load after ${more.afterSeconds} s`,
        ),
        check(
          'less than a fixed step harms, and than none, in all of the time',
          paced.window.harmed < fixed.window.harmed && paced.window.harmed < plain.window.harmed,
          `plain ${plain.window.harmed}, fixed step ${fixed.window.harmed}, paced ${paced.window.harmed}`,
        ),
      ],
      figures: { harmedAtMost, quietRate, more, windowSeconds, outcomes: [plain, fixed, paced].map(outcomeFigures) },
      table: {
        heads: outcomeHeads(windowSeconds),
        rows: [
          outcomeRow('plain Deployment', plain),
          outcomeRow('fixed step (1 pod, 10 s)', fixed),
          outcomeRow('paced, Pods', paced),
        ],
      },
    }
  },
}
