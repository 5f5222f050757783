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
import { ownQueries } from '../prometheus.ts'
import { isPausedByUs } from '../rollouts.ts'
import { check, type PacingSection, type Scenario } from '../section.ts'
import { fixedStep, isTakenBack, never, rolledBack } from '../ways.ts'

const replicas = 6
const rate = 150
const windowSeconds = 45
/**
 * What a paced rollout may cost until it is held. A Prometheus tells nobody apart, so that a bad version is hidden among the
 * old pods for as long as there are more of them.
 */
const harmedAtMost = { Pods: 60, Prometheus: 120 }
const objective = { errorRate: 0.01 }
const prometheus = { endpoint: 'main', queries: ownQueries }
/** Of all pods together, of which the first step is a third or less: what is 5 % of its requests is 1.5 % of theirs. */
const objectiveOfAll = { errorRate: 0.005 }

const trial = (scene: Trial['scene'], stopped: Trial['stopped'] = isPausedByUs): Trial => ({
  scene,
  rate,
  version: { VERSION: '2', ERROR_RATE: '0.05' },
  windowSeconds,
  quietSeconds: 15,
  stopped,
})

export const badVersion: Scenario = {
  name: 'bad-version',
  title: 'A version that fails 5 % of its requests',
  async run(bed: Bed): Promise<Omit<PacingSection, 'name'>> {
    const rounds: Trial[][] = [
      [
        trial({ name: 'bad-plain', replicas, pacing: null }, never),
        trial({ name: 'bad-pods', replicas, pacing: { objective } }),
        trial({ name: 'bad-rollback', replicas, ...rolledBack({ objective }) }, isTakenBack),
      ],
      [
        trial({ name: 'bad-fixed', replicas, deployment: fixedStep, pacing: null }, never),
        trial({
          name: 'bad-prometheus',
          replicas,
          pacing: { objective: objectiveOfAll, source: 'Prometheus', prometheus },
        }),
      ],
    ]
    const outcomes: Outcome[] = []
    for (const round of rounds) outcomes.push(...(await triedTogether(bed, round)))
    return sectionOf(outcomes)
  },
}

function sectionOf(outcomes: readonly Outcome[]): Omit<PacingSection, 'name'> {
  const named = (name: string): Outcome => {
    const found = outcomes.find((outcome) => outcome.name === name)
    if (found === undefined) throw new Error(`no outcome ${name}`)
    return found
  }
  const [plain, fixed, rollback] = [named('bad-plain'), named('bad-fixed'), named('bad-rollback')]
  const paced = { Pods: named('bad-pods'), Prometheus: named('bad-prometheus') }
  return {
    checks: [
      calmBefore(outcomes),
      check('the plain Deployment takes the version to every pod', plain.newPods === replicas, `${plain.newPods} pods`),
      ...pausedChecks('Pods', paced.Pods),
      ...pausedChecks('Prometheus', paced.Prometheus),
      check(
        `onBreach Rollback: taken back with at most ${harmedAtMost.Pods} harmed`,
        (rollback.untilStopped?.harmed ?? Number.POSITIVE_INFINITY) <= harmedAtMost.Pods,
        rollback.untilStopped === undefined
          ? `not taken back: ${rollback.end?.healthy?.message}`
          : `${share(rollback.untilStopped)} after ${rollback.stoppedSeconds?.toFixed(1)} s`,
      ),
      check(
        'onBreach Rollback: the old version serves again, and nothing is held',
        rollback.end !== undefined &&
          rollback.end.available === replicas &&
          rollback.end.total === replicas &&
          !rollback.end.paused &&
          !rollback.end.managers.includes('drainkeeper-pace'),
        `${rollback.end?.available} of ${replicas} available, phase ${rollback.end?.pace?.phase}`,
      ),
      check(
        'onBreach Rollback: an event says so',
        rollback.events.has('RolloutRolledBack'),
        rollback.events.get('RolloutRolledBack')?.[0] ?? 'no event RolloutRolledBack',
      ),
      check(
        'until it is stopped or taken back, by Pods: less than a fixed step harms meanwhile, and by Prometheus: than none',
        [paced.Pods, rollback].every(
          ({ untilStopped }) => untilStopped !== undefined && untilStopped.harmed < fixed.window.harmed,
        ) &&
          (paced.Prometheus.untilStopped?.harmed ?? Number.POSITIVE_INFINITY) < plain.window.harmed &&
          fixed.window.harmed < plain.window.harmed,
        `plain ${plain.window.harmed}, fixed step ${fixed.window.harmed}, paced ${paced.Pods.untilStopped?.harmed} and ${paced.Prometheus.untilStopped?.harmed}, taken back ${rollback.untilStopped?.harmed}`,
      ),
      check(
        `taken back: the least in all of the ${windowSeconds} s`,
        [plain, fixed, paced.Pods, paced.Prometheus].every(({ window }) => rollback.window.harmed < window.harmed),
        `${rollback.window.harmed}; what is only paused goes on failing with the pods that it has: ${paced.Pods.window.harmed} and ${paced.Prometheus.window.harmed}`,
      ),
    ],
    figures: { harmedAtMost, rate, windowSeconds, outcomes: outcomes.map(outcomeFigures) },
    table: {
      heads: outcomeHeads(windowSeconds),
      rows: [
        outcomeRow('plain Deployment', plain),
        outcomeRow('fixed step (1 pod, 10 s)', fixed),
        outcomeRow('paced, Pods', paced.Pods),
        outcomeRow('paced, Prometheus', paced.Prometheus),
        outcomeRow('paced, rolled back', rollback),
      ],
    },
  }
}

function pausedChecks(
  source: keyof typeof harmedAtMost,
  { untilStopped, stoppedSeconds, end, events }: Outcome,
): PacingSection['checks'] {
  const { healthy } = end ?? {}
  return [
    check(
      `${source}: stopped with at most ${harmedAtMost[source]} harmed`,
      untilStopped !== undefined && untilStopped.harmed <= harmedAtMost[source],
      untilStopped === undefined
        ? `not stopped: ${healthy?.reason} ${healthy?.message}`
        : `${share(untilStopped)} after ${stoppedSeconds?.toFixed(1)} s`,
    ),
    check(
      `${source}: RolloutHealthy is False, with counts and interval`,
      healthy?.status === 'False' && /failed \d+ of \d+ requests \(.*between/.test(healthy.message),
      `${healthy?.status} ${healthy?.reason}: ${healthy?.message}`,
    ),
    check(
      `${source}: an event RolloutPaused says so once`,
      events.get('RolloutPaused')?.length === 1,
      events.get('RolloutPaused')?.join(' | ') ?? 'no event RolloutPaused',
    ),
  ]
}
