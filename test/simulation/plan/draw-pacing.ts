import type { Seeded } from '../time/seeded.ts'
import type { StatedPace } from '../world/manifest.ts'
import type { Happening, Plan } from './plan.ts'

/** How long things happen, as in a plan without pacing, and the rollouts of it. */
const longestMs = 240_000

/**
 * The same history with policies that pace rollouts: more pods, requests that fail or are not heard of, and people who
 * meddle. Nothing of it is drawn from the stream of the plan.
 */
export function withPacing(plan: Plan, random: Seeded): Plan {
  const canStay = random.chance(0.4)
  const pacing = (): Record<string, unknown> => drawPacing(random, canStay)
  const begun = plan.happenings.map((happening): Happening => {
    if (happening.kind === 'apply')
      return { ...happening, manifest: { ...happening.manifest, ...drawn(random, canStay) } }
    if (happening.kind !== 'applyPolicy' || random.chance(0.1)) return happening
    // A policy that only observes paces nothing.
    const { mode: _, ...spec } = happening.spec
    return { ...happening, spec: { ...spec, pacing: pacing() } }
  })
  const names = [...new Set(begun.flatMap((each) => (each.kind === 'apply' ? [each.manifest.name] : [])))]
  const added = names.flatMap((name) => [
    { kind: 'traffic' as const, atMs: 0, name, requestsPerSecond: random.pick([0, 20, 200, 400]) },
    ...Array.from({ length: random.int(1, 3) }, () => rollout(name, random)).flat(),
    ...Array.from({ length: random.int(1, 5) }, () => doing(name, random)),
  ])
  return {
    ...plan,
    // Whoever pauses for want of requests is not left without them.
    paced: { endsQuiet: !canStay && random.chance(0.3), diesAtMs: random.int(15_000, longestMs) },
    happenings: [...begun, ...added, ...absence(random)].sort((one, other) => one.atMs - other.atMs),
  }
}

/** Now and then everybody is away for longer than a pause is valid. */
function absence(random: Seeded): Happening[] {
  if (random.chance(0.8)) return []
  const atMs = random.int(20_000, longestMs - 60_000)
  return [0, 1].map((process) => ({ kind: 'crash', atMs, process, downMs: 240_000 }))
}

/** `mustTell`: silence for ever would be a pause for ever. */
function drawn(
  random: Seeded,
  mustTell: boolean,
): { replicas: number; drainPort: boolean; mayRollBack: boolean; pace?: StatedPace } {
  const pace = random.chance(0.2) ? { pace: drawPace(random) } : {}
  return {
    replicas: random.int(2, 6),
    drainPort: mustTell || random.chance(0.9),
    mayRollBack: random.chance(0.7),
    ...pace,
  }
}

/** `canStay`: nothing having been heard may be a reason to pause. */
function drawPacing(random: Seeded, canStay: boolean): Record<string, unknown> {
  const minRequests = random.pick([10, 100])
  const maxHold = random.pick(['5s', '20s', '60s'])
  return {
    objective: { errorRate: 0.01, minRequests },
    maxHold,
    // Whoever asks for few requests may ask for some time.
    ...(minRequests === 10 && maxHold !== '5s' ? { minHold: maxHold === '20s' ? '4s' : '15s' } : {}),
    onBreach: random.pick(['Pause', 'Pause', 'Rollback', 'Rollback', 'Report']),
    ...(canStay && random.chance(0.6) ? { onInconclusive: 'Pause' } : {}),
    ...(random.chance(0.2) ? { initialStep: random.int(1, 3) } : {}),
    ...(random.chance(0.25) ? { rolloutGroup: { name: 'shop', budget: random.pick([1, 1, 2]) } } : {}),
  }
}

/** A new version, which may fail. */
function rollout(name: string, random: Seeded): Happening[] {
  const atMs = random.int(15_000, longestMs - 60_000)
  const image = `app:${random.int(100, 199)}`
  const deploy: Happening = { kind: 'deploy', atMs, name, image }
  if (random.chance(0.5)) return [deploy]
  return [{ kind: 'fails', atMs: Math.max(0, atMs - 1), name, image, share: random.pick([0.05, 0.3, 1]) }, deploy]
}

function doing(name: string, random: Seeded): Happening {
  const atMs = random.int(10_000, longestMs)
  const forMs = random.pick([5000, 30_000, 90_000])
  const kind = random.weighted({
    resume: 2,
    background: 1.5,
    silence: 1.5,
    statePace: 2,
    editPace: 1,
    budget: 1,
    traffic: 1,
    restart: 1,
    undo: 1,
    applyPolicy: 0.5,
  })
  switch (kind) {
    case 'background':
      return { kind, atMs, name, share: random.pick([0.001, 0.05, 0.5]), forMs }
    case 'silence':
    case 'budget':
      return { kind, atMs, name, forMs }
    case 'statePace':
      return { kind, atMs, name, pace: random.chance(0.3) ? undefined : drawPace(random) }
    case 'editPace':
      return { kind, atMs, name, pace: drawPace(random) }
    case 'traffic':
      return { kind, atMs, name, requestsPerSecond: random.pick([0, 5, 200]) }
    case 'applyPolicy':
      // The policy stops to pace.
      return { kind, atMs, name, spec: { targetRef: { name } } }
    case 'resume':
    case 'restart':
    case 'undo':
    default:
      return { kind, atMs, name }
  }
}

/** Values that are never what a hold or a step comes to. */
function drawPace(random: Seeded): StatedPace {
  switch (random.pick(['minReadySeconds', 'maxSurge', 'maxUnavailable', 'deadline'] as const)) {
    case 'minReadySeconds':
      return { minReadySeconds: random.pick([3, 11]) }
    case 'maxSurge':
      return { maxSurge: random.pick(['50%', '100%']) }
    case 'maxUnavailable':
      return { maxUnavailable: random.pick(['0%', '50%']) }
    case 'deadline':
    default:
      return { progressDeadlineSeconds: random.pick([45, 300]) }
  }
}
