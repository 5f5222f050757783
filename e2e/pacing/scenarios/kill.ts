import type { Check } from '../../check.ts'
import { ApiProxy, type Write } from '../api-proxy.ts'
import type { Bed } from '../bed.ts'
import type { OperatorProcess } from '../operator.ts'
import { isOver, isPausedByUs, isReleased, pausedWithoutReason } from '../rollouts.ts'
import { name, Scene } from '../scene.ts'
import { check, type PacingSection, type Scenario } from '../section.ts'
import { together } from '../together.ts'

const replicas = 4
const rate = 60
const deployment = { strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }
const pacing = { objective: { errorRate: 0.1, minRequests: 20 }, maxHold: '30s' }
/** Long enough for the Deployment controller to do what a dead operator would let it do. */
const deadSeconds = 4

/** Where one rollout loses its operator. */
interface Kill {
  readonly write: number
  readonly when: 'before' | 'after'
  readonly version: 'good' | 'bad'
}

/** Each lane is an operator with a namespace of its own, one rollout after another. */
const lanes: readonly (readonly Kill[])[] = [
  [
    { write: 1, when: 'before', version: 'good' },
    { write: 1, when: 'after', version: 'good' },
    { write: 2, when: 'before', version: 'good' },
    { write: 2, when: 'after', version: 'good' },
    { write: 4, when: 'after', version: 'good' },
  ],
  [
    { write: 5, when: 'before', version: 'good' },
    { write: 6, when: 'after', version: 'good' },
    { write: 8, when: 'before', version: 'good' },
    { write: 9, when: 'after', version: 'good' },
    { write: 11, when: 'after', version: 'good' },
  ],
  [
    { write: 13, when: 'before', version: 'good' },
    { write: 14, when: 'after', version: 'good' },
    { write: 16, when: 'after', version: 'good' },
    { write: 18, when: 'before', version: 'good' },
    { write: 20, when: 'after', version: 'good' },
  ],
  [
    { write: 3, when: 'before', version: 'bad' },
    { write: 4, when: 'after', version: 'bad' },
    { write: 6, when: 'after', version: 'bad' },
    { write: 7, when: 'before', version: 'bad' },
  ],
]

interface Result {
  readonly check: Check
  readonly row: string[]
}

export const kill: Scenario = {
  name: 'kill',
  title: 'kill -9 of the operator at each step of a rollout',
  async run(bed: Bed): Promise<Omit<PacingSection, 'name'>> {
    const [results, dead] = await Promise.all([
      together(lanes.map((kills, lane) => alongLane(bed, lane, kills))),
      deadForGood(bed),
    ])
    const found = results.flat()
    return {
      checks: [
        check('at least 12 kills, each at another step', found.length >= 12, `${found.length} kills`),
        ...found.map((result) => result.check),
        dead,
      ],
      figures: { deadSeconds, rows: found.map(({ row }) => row) },
      table: {
        heads: ['killed', 'after', 'version', `${deadSeconds} s later`, 'in the end', 'after the restart'],
        rows: found.map(({ row }) => row),
      },
    }
  },
}

interface Lane {
  readonly proxy: ApiProxy
  readonly operator: OperatorProcess
}

async function inLane<T>(bed: Bed, namespace: string, work: (lane: Lane) => Promise<T>): Promise<T> {
  const proxy = new ApiProxy(bed.access.apiServer)
  await proxy.listen(bed.access.host)
  const operator = bed.operator({ namespace, through: proxy.url })
  try {
    await operator.start()
    return await work({ proxy, operator })
  } finally {
    await operator.kill()
    proxy.close()
  }
}

function alongLane(bed: Bed, number: number, kills: readonly Kill[]): Promise<Result[]> {
  const scene = `kill-${number + 1}`
  return inLane(bed, `pacing-${scene}`, async (lane) => {
    const found: Result[] = []
    const shop = await Scene.open(bed, { name: scene, replicas, deployment, pacing })
    try {
      await shop.load.add(rate, 900)
      await shop.pause(12)
      for (const [index, one] of kills.entries()) found.push(await killed(lane, shop, one, index + 2))
      return found
    } finally {
      await shop.close()
    }
  })
}

async function killed({ proxy, operator }: Lane, scene: Scene, kill: Kill, version: number): Promise<Result> {
  const { write, when, version: kind } = kill
  const { revision = 0 } = scene.timeline.last ?? {}
  let at: Write | undefined
  let killedMs = Number.NaN
  proxy.arm({
    at: write,
    when,
    spring: async (seen) => {
      await operator.kill()
      at = seen
      killedMs = Date.now()
    },
  })
  const changedMs = await scene.change({ VERSION: String(version), ERROR_RATE: kind === 'bad' ? '0.5' : '0' })
  await scene.within(() => at !== undefined, 90)
  const title = `killed ${when} write ${write} (${at?.what ?? 'never made'}) of a ${kind} version`
  await scene.pause(deadSeconds)
  const dead = scene.timeline.last
  // Nobody renews anything now: what holds is either nothing, a hold that time ends, or a pause with its record.
  const deadSafe = dead !== undefined && (!dead.paused || dead.pace?.phase === 'Paused')
  proxy.arm()
  const restartedMs = Date.now()
  if (!operator.running) await operator.start()
  const ends = isOver(revision + 1)
  const done =
    kind === 'good'
      ? await scene.within((now) => ends(now) && isReleased(now) && now.pace?.phase === 'AtRest', 120)
      : await scene.within(isPausedByUs, 60)
  const seconds = ((done?.atMs ?? Date.now()) - restartedMs) / 1000
  const bare = pausedWithoutReason(scene.timeline, changedMs)
  const { last } = scene.timeline
  let fixed = done
  if (kind === 'bad') {
    // The next rollout is to begin from a version that is good, and rolled out.
    await scene.change({ VERSION: `${version}-fixed`, ERROR_RATE: '0' })
    fixed = await scene.within((now) => isOver(revision + 2)(now) && isReleased(now), 150)
  }
  const phase = (moment: typeof last): string =>
    `${moment?.pace?.phase ?? 'no pace'}, ${moment?.updated}/${moment?.total} new${moment?.paused === true ? ', paused' : ''}, minReadySeconds ${moment?.minReadySeconds}`
  const right = done !== undefined && at !== undefined && deadSafe && bare.length === 0 && fixed !== undefined
  return {
    check: check(
      `${title}: ${kind === 'good' ? 'rolled out' : 'safely held, with the condition'}`,
      right,
      right
        ? `${seconds.toFixed(1)} s after the restart`
        : `${at === undefined ? 'the write never came; ' : ''}${deadSafe ? '' : 'dead: paused without a record; '}${bare.length > 0 ? 'paused without a reason; ' : ''}${done !== undefined && fixed === undefined ? 'the fix did not roll out; ' : ''}${phase(scene.timeline.last)}: ${scene.timeline.last?.healthy?.message}`,
    ),
    row: [
      `${when} write ${write} (${at?.what ?? 'never'})`,
      Number.isNaN(killedMs) ? '' : `${((killedMs - changedMs) / 1000).toFixed(1)} s`,
      kind,
      phase(dead),
      phase(done ?? last),
      `${seconds.toFixed(1)} s`,
    ],
  }
}

/** Killed while it holds, and never started again: time alone ends the rollout. */
async function deadForGood(bed: Bed): Promise<Check> {
  const what = 'killed for good while it holds: the rollout ends by itself'
  const scene = 'kill-good'
  const pods = 2
  // A hold outlives its operator by a lease of two minutes.
  const atMostSeconds = pods * 150
  return inLane(bed, `pacing-${scene}`, async ({ operator }) => {
    const shop = await Scene.open(bed, { name: scene, replicas: pods, deployment, pacing: { maxHold: '30m' } })
    try {
      const { revision = 0 } = shop.timeline.last ?? {}
      const changedMs = await shop.change({ VERSION: '2' })
      await shop.until('a hold', ({ minReadySeconds, updated }) => minReadySeconds > 60 && updated > 0, 60)
      await operator.kill()
      const end = await shop.within(isOver(revision + 1), atMostSeconds)
      const seconds = ((end?.atMs ?? Date.now()) - changedMs) / 1000
      return check(
        what,
        end !== undefined,
        `${seconds.toFixed(0)} s for ${pods} pods of ${name}, at most ${atMostSeconds} s`,
      )
    } finally {
      await shop.close()
    }
  })
}
