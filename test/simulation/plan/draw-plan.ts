import { requestFaults } from '../wire/faults.ts'
import { Seeded } from '../time/seeded.ts'
import { authors, type Manifest, type StatedHook } from '../world/manifest.ts'
import { withPacing } from './draw-pacing.ts'
import type { Fault, Happening, Plan } from './plan.ts'

/** How long things happen. */
const longestMs = 180_000
const names = ['checkout', 'payment'] as const
const resources = [
  'deployments.apps',
  'pods',
  'drainpolicies.drainkeeper.dev',
  'services',
  'endpointslices.discovery.k8s.io',
]

/** One drain is enough to measure P. */
const quick = { quantile: 0.5, confidence: 0.5, window: 10, initial: '5s' }

/** The share of seeds whose policies pace rollouts. */
const pacedShare = 0.25

/** The history that a seed tells. What pacing adds is drawn apart: the other seeds know nothing of it. */
export function drawPlan(seed: number): Plan {
  const plan = drawUnpaced(seed)
  return isPaced(seed) ? withPacing(plan, new Seeded(seed, 'pacing')) : plan
}

export function isPaced(seed: number): boolean {
  return new Seeded(seed, 'paced').chance(pacedShare)
}

function drawUnpaced(seed: number): Plan {
  const random = new Seeded(seed, 'plan')
  const rough = random.chance(0.5)
  const both = random.chance(0.4)
  const targets = both ? names : names.slice(0, 1)
  const begin = targets.flatMap((name) => beginning(name, random))
  const count = random.int(1, 8)
  const doings = Array.from({ length: count }, () => doing(random.pick(targets), random))
  const faults = Array.from({ length: random.int(0, 5) }, () => faultNear([...begin, ...doings], random))
  return {
    seed,
    replicas: random.chance(0.5) ? 2 : 1,
    travelMs: rough ? 1500 : random.pick([5, 50]),
    watchLagMs: rough ? random.pick([800, 4000]) : random.pick([5, 200]),
    happenings: [...begin, ...doings, ...faults].sort((one, other) => one.atMs - other.atMs),
  }
}

/** A Deployment, mostly with its Service and its policy, in any order. */
function beginning(name: string, random: Seeded): Happening[] {
  const soon = (): number => random.int(0, 12_000)
  const found: Happening[] = [{ kind: 'apply', atMs: soon(), manifest: drawManifest(name, random) }]
  if (random.chance(0.8)) found.push({ kind: 'patchService', atMs: soon(), name, spec: {} })
  if (random.chance(0.95)) found.push({ kind: 'applyPolicy', atMs: soon(), name, spec: drawSpec(name, random) })
  found.push({ kind: 'drains', atMs: 0, name, profile: random.pick(['quick', 'quick', 'slow', 'mixed', 'broken']) })
  return found
}

function drawManifest(name: string, random: Seeded): Manifest {
  const graceSeconds = random.chance(0.25) ? random.pick([30, 45, 60, 120, 300]) : undefined
  const hook = random.chance(0.2) ? drawHook(random) : undefined
  const author = random.pick(authors)
  // Helm's 30 cannot be told from the API's default, and is not taken for an intention (docs/adr/0004).
  const stated = author === 'helm' && graceSeconds === 30 ? undefined : graceSeconds
  return {
    name,
    author,
    image: 'app:1',
    replicas: random.int(1, 3),
    drainPort: random.chance(0.6),
    ...(stated === undefined ? {} : { graceSeconds: stated }),
    ...(hook === undefined ? {} : { hook }),
  }
}

function drawHook(random: Seeded): StatedHook {
  if (random.chance(0.5)) return { sleepSeconds: random.pick([3, 10, 20]) }
  return {
    command: random.pick([
      ['sleep', '25'],
      ['nginx', '-s', 'quit'],
    ]),
  }
}

/** A policy's spec, mostly one that can be delivered. */
export function drawSpec(name: string, random: Seeded): Record<string, unknown> {
  const target = random.chance(0.85) ? { targetRef: { name } } : { selector: { matchLabels: { team: 'shop' } } }
  const propagation = random.weighted({ quick: 5, initial: 2, usual: 2, contradicting: 0.4 })
  const contract = random.weighted({ usual: 4, short: 2, bounded: 1, sleep: 1 })
  const services = random.weighted({ all: 8, named: 1, missing: 0.5 })
  return {
    ...target,
    ...(random.chance(0.1) ? { mode: 'Observe' } : {}),
    ...(propagation === 'quick' ? { propagation: quick } : {}),
    ...(propagation === 'initial' ? { propagation: { initial: random.pick(['2s', '4s', '9s']) } } : {}),
    ...(propagation === 'contradicting' ? { propagation: { quantile: 0.99, window: 10 } } : {}),
    ...(contract === 'short'
      ? { contract: { requestTime: { source: 'Static', max: '10s' }, safetyMargin: '2s' } }
      : {}),
    ...(contract === 'bounded' ? { contract: { bounds: { gracePeriod: { max: '60s' } } } } : {}),
    ...(contract === 'sleep' ? { contract: { drain: { method: 'Sleep' } } } : {}),
    ...(services === 'named' ? { services: [name] } : {}),
    ...(services === 'missing' ? { services: ['nowhere'] } : {}),
  }
}

/** Something that somebody does. */
function doing(name: string, random: Seeded): Happening {
  const atMs = random.int(10_000, longestMs)
  const again = (): number | undefined => (random.chance(0.7) ? random.int(100, 50_000) : undefined)
  const kind = random.weighted({
    deploy: 6,
    restart: 3,
    scale: 3,
    drains: 3,
    applyPolicy: 3,
    deletePods: 3,
    deletePolicy: 2,
    deleteDeployment: 2,
    undo: 1.5,
    pause: 1,
    stateGrace: 1.5,
    stateHook: 1,
    editGrace: 0.7,
    tune: 1,
    gitOps: 1,
    patchService: 0.7,
    deleteService: 0.7,
    apply: 0.3,
  })
  switch (kind) {
    case 'apply':
      return { kind, atMs, manifest: drawManifest(name, random) }
    case 'deploy':
      return { kind, atMs, name, image: `app:${random.int(2, 99)}` }
    case 'restart':
    case 'undo':
      return { kind, atMs, name }
    case 'scale': {
      const by = random.pick(['kubectl', 'horizontal-pod-autoscaler'] as const)
      return { kind, atMs, name, replicas: random.int(0, 4), by }
    }
    case 'drains':
      return { kind, atMs, name, profile: random.pick(['quick', 'slow', 'mixed', 'broken']) }
    case 'applyPolicy':
      return { kind, atMs, name: random.pick([name, name, 'rival']), spec: drawSpec(name, random) }
    case 'deletePods': {
      const grace = random.chance(0.2) ? { graceSeconds: random.pick([0, 1, 5]) } : {}
      return { kind, atMs, name, count: random.int(1, 3), ...grace }
    }
    case 'deletePolicy':
    case 'deleteDeployment':
    case 'deleteService':
      return { kind, atMs, name, againAfterMs: again() }
    case 'pause':
      return { kind, atMs, name, forMs: random.int(1000, 60_000) }
    case 'stateGrace':
      return { kind, atMs, name, graceSeconds: random.chance(0.3) ? undefined : random.pick([45, 60, 120, 300]) }
    case 'stateHook':
      return { kind, atMs, name, hook: random.chance(0.4) ? undefined : drawHook(random) }
    case 'editGrace':
      return { kind, atMs, name, graceSeconds: random.pick([40, 90, 240]) }
    case 'tune':
      return { kind, atMs, name, graceSeconds: random.chance(0.3) ? undefined : random.pick([40, 90, 240]) }
    case 'gitOps':
      return { kind, atMs, name, everyMs: random.pick([10_000, 60_000]), times: random.int(1, 4) }
    case 'patchService':
    default:
      return {
        kind,
        atMs,
        name,
        spec: random.pick([{ publishNotReadyAddresses: true }, { selector: { app: 'other' } }]),
      }
  }
}

/** Something that goes wrong, mostly when something happens: where nothing moves, little can break. */
function faultNear(others: readonly Happening[], random: Seeded): Happening {
  const fault = drawFault(random)
  const alone = random.chance(0.25)
  const nearMs = random.pick(others).atMs + random.pick([-15_000, -2000, -200, -10, 0, 20, 300, 3000, 20_000])
  return { ...fault, atMs: alone ? random.int(0, longestMs) : Math.max(0, nearMs) }
}

function drawFault(random: Seeded): Fault {
  const process = random.int(0, 1)
  const downMs = random.pick([10, 3000, 20_000, 60_000])
  const forMs = random.pick([500, 5000, 30_000, 60_000])
  const kind = random.weighted({
    crash: 2,
    crashAtWrite: 4,
    stop: 1,
    freeze: 1,
    freezeAtWrite: 2,
    wallJump: 1,
    requests: 5,
    outage: 1.5,
    breakWatches: 2,
    compaction: 1,
    staleView: 3,
  })
  switch (kind) {
    case 'crash':
    case 'stop':
      return { kind, process, downMs }
    case 'crashAtWrite':
      return { kind, process, nth: random.int(0, 6), moment: random.pick(['before', 'after']), downMs }
    case 'freeze':
      return { kind, process, forMs: random.pick([2000, 12_000, 20_000, 45_000]) }
    case 'freezeAtWrite':
      return { kind, process, nth: random.int(0, 3), forMs: random.pick([12_000, 20_000, 45_000]) }
    case 'wallJump':
      return { kind, process, byMs: random.pick([-3_600_000, -5000, -200, 200, 5000, 3_600_000]) }
    case 'requests': {
      const only = random.pick([undefined, 'writes', 'leases'] as const)
      const probability = random.pick([0.2, 0.5, 1])
      const fault = random.pick(requestFaults)
      return { kind, process, fault, probability, forMs, ...(only === undefined ? {} : { only }) }
    }
    case 'outage':
      return { kind, forMs: 30_000, forgets: random.chance(0.5) }
    case 'breakWatches':
      return { kind, process, how: random.pick(['ended', 'reset', 'truncated']) }
    case 'compaction':
      return { kind }
    case 'staleView':
    default:
      return { kind, process, resource: random.pick(resources), forMs }
  }
}
