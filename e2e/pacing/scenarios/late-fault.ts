import type { Bed } from '../bed.ts'
import {
  calmBefore,
  type Outcome,
  outcomeFigures,
  outcomeHeads,
  outcomeRow,
  share,
  type Trial,
  triedTogether,
} from '../compared.ts'
import { isPausedByUs } from '../rollouts.ts'
import { check, type PacingSection, type Scenario } from '../section.ts'
import { fixedStep, isTakenBack, never, rolledBack } from '../ways.ts'

/** A version whose fault does not show at once, rolled out in four ways. */
export interface LateFault extends Pick<Scenario, 'name' | 'title'> {
  readonly scene?: Pick<Trial['scene'], 'memoryLimit'>
  readonly rate: number
  readonly more?: Trial['more']
  readonly version: Trial['version']
  /** How long each step is watched at least. @default as soon as there is a verdict */
  readonly minHold?: string
  /** What a paced rollout may cost until it is held or taken back. */
  readonly harmedAtMost: number
  /** What is killed before its minReadySeconds are over goes no further by itself: a fixed step is as good then. */
  readonly heldByMinReadySeconds?: true
}

const replicas = 6
const windowSeconds = 45
const objective = { errorRate: 0.01 }

export function lateFault(fault: LateFault): Scenario {
  const { name, title } = fault
  return { name, title, run: (bed) => run(bed, fault) }
}

async function run(bed: Bed, fault: LateFault): Promise<Omit<PacingSection, 'name'>> {
  const { name, scene = {}, rate, more, version, minHold, harmedAtMost, heldByMinReadySeconds = false } = fault
  const trial = (way: string, how: Omit<Trial['scene'], 'name' | 'replicas'>, stopped: Trial['stopped']): Trial => ({
    scene: { ...scene, ...how, name: `${name}-${way}`, replicas },
    rate,
    ...(more === undefined ? {} : { more }),
    version,
    windowSeconds,
    quietSeconds: 15,
    stopped,
  })
  const least = minHold === undefined ? {} : { minHold }
  const [plain, fixed] = await triedTogether(bed, [
    trial('plain', { pacing: null }, never),
    trial('fixed', { pacing: null, deployment: fixedStep }, never),
  ])
  const [paced, rollback] = await triedTogether(bed, [
    trial('paced', { pacing: { objective, ...least } }, isPausedByUs),
    trial('rollback', rolledBack({ objective, ...least }), isTakenBack),
  ])
  if (plain === undefined || fixed === undefined || paced === undefined || rollback === undefined)
    throw new Error('no outcome')
  const outcomes = [plain, fixed, paced, rollback]
  const unpaced = heldByMinReadySeconds ? [plain] : [plain, fixed]
  const beside = heldByMinReadySeconds ? '; minReadySeconds alone holds what is killed sooner' : ''
  const latest = more === undefined ? '' : `, more load after ${more.afterSeconds} s`
  return {
    checks: [
      calmBefore(outcomes),
      check('the plain Deployment takes it to every pod', plain.newPods === replicas, `${plain.newPods} pods`),
      check(`stopped with at most ${harmedAtMost} harmed`, isWithin(paced, harmedAtMost), told(paced) + latest),
      check(
        `taken back with at most ${harmedAtMost} harmed`,
        isWithin(rollback, harmedAtMost),
        told(rollback) + latest,
      ),
      check(
        `until it is stopped or taken back: less than ${heldByMinReadySeconds ? '' : 'a fixed step harms meanwhile, and than '}none`,
        [paced, rollback].every(({ untilStopped }) =>
          unpaced.every(({ window }) => (untilStopped?.harmed ?? Number.POSITIVE_INFINITY) < window.harmed),
        ),
        `plain ${plain.window.harmed}, fixed step ${fixed.window.harmed}${beside}, paused ${paced.untilStopped?.harmed}, taken back ${rollback.untilStopped?.harmed}`,
      ),
      check(
        `taken back: less than what is not, in all of the ${windowSeconds} s`,
        [...unpaced, paced].every(({ window }) => rollback.window.harmed < window.harmed),
        `${rollback.window.harmed}; what is only paused goes on failing with the pods that it has: ${paced.window.harmed}`,
      ),
    ],
    figures: {
      harmedAtMost,
      rate,
      ...(more === undefined ? {} : { more }),
      ...scene,
      ...least,
      windowSeconds,
      outcomes: outcomes.map(outcomeFigures),
    },
    table: {
      heads: outcomeHeads(windowSeconds),
      rows: [
        outcomeRow('plain Deployment', plain),
        outcomeRow('fixed step (1 pod, 10 s)', fixed),
        outcomeRow('paced, Pods', paced),
        outcomeRow('paced, rolled back', rollback),
      ],
    },
  }
}

const isWithin = ({ untilStopped }: Outcome, harmedAtMost: number): boolean =>
  untilStopped !== undefined && untilStopped.harmed <= harmedAtMost

function told({ untilStopped, stoppedSeconds, end }: Outcome): string {
  return untilStopped === undefined
    ? `neither stopped nor taken back: ${end?.healthy?.reason} ${end?.healthy?.message}`
    : `${share(untilStopped)} after ${stoppedSeconds?.toFixed(1)} s`
}
