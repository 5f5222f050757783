import type { Bed } from '../bed.ts'
import { calmBefore, outcomeFigures, outcomeHeads, outcomeRow, share, type Trial, triedTogether } from '../compared.ts'
import { isPausedByUs } from '../rollouts.ts'
import { check, type PacingSection, type Scenario } from '../section.ts'

const replicas = 6
const rate = 80
const windowSeconds = 45
const harmedAtMost = 80
const memoryLimit = '160Mi'
/** Above what a pod needs it has some 90 MiB: it is killed after about ten seconds, again and again. */
const version = { VERSION: '2', LEAK_MIB_PER_SECOND: '10' }

const fixedStep = { strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }, minReadySeconds: 10 }

export const leak: Scenario = {
  name: 'leak',
  title: 'A version that leaks until it is killed',
  async run(bed: Bed): Promise<Omit<PacingSection, 'name'>> {
    const trial = (scene: Omit<Trial['scene'], 'replicas' | 'memoryLimit'>, stopped: Trial['stopped']): Trial => ({
      scene: { ...scene, replicas, memoryLimit },
      rate,
      version,
      windowSeconds,
      quietSeconds: 15,
      stopped,
    })
    const never = (): boolean => false
    const [plain, fixed, paced] = await triedTogether(bed, [
      trial({ name: 'leak-plain', pacing: null }, never),
      trial({ name: 'leak-fixed', deployment: fixedStep, pacing: null }, never),
      trial({ name: 'leak-paced', pacing: { objective: { errorRate: 0.01 } } }, isPausedByUs),
    ])
    if (plain === undefined || fixed === undefined || paced === undefined) throw new Error('no outcome')
    return {
      checks: [
        calmBefore([plain, fixed, paced]),
        check('the plain Deployment takes it to every pod', plain.newPods === replicas, `${plain.newPods} pods`),
        check(
          `stopped with at most ${harmedAtMost} harmed`,
          paced.untilStopped !== undefined && paced.untilStopped.harmed <= harmedAtMost,
          paced.untilStopped === undefined
            ? `not stopped: ${paced.end?.healthy?.reason} ${paced.end?.healthy?.message}`
            : `${share(paced.untilStopped)} after ${paced.stoppedSeconds?.toFixed(1)} s`,
        ),
        check(
          'until it is stopped: less than a plain Deployment harms meanwhile',
          (paced.untilStopped?.harmed ?? Number.POSITIVE_INFINITY) < plain.window.harmed,
          `plain ${plain.window.harmed}, paced ${paced.untilStopped?.harmed}; a fixed step ${fixed.window.harmed}, as minReadySeconds alone holds what is killed sooner`,
        ),
      ],
      figures: { harmedAtMost, rate, windowSeconds, memoryLimit, outcomes: [plain, fixed, paced].map(outcomeFigures) },
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
