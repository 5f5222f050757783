import type {
  Counts,
  PodTimeline,
  Rehearsal,
  RequestDot,
  ScenarioResult,
  VariantResult,
} from '../../../src/lab/result.ts'
import { seededRandom } from '../../../src/cluster/seeded-random.ts'
import type { Variant } from '../../../src/lab/scenario.ts'

export const because =
  'P 0.52 s (p80, 95 % confident, 16 drains) + D 1 s (1.5 x P, rounded up) + W 1 s (1.5 x longest request 0.02 s) + S 5 s = 7.52 s; grace 30 s (never below bounds.gracePeriod.min)'

const naive: Variant = { name: 'naive', title: 'naive', server: 'close-at-once', expect: 'losses' }
const folklore: Variant = {
  name: 'folklore',
  title: 'folklore: preStop sleep 5',
  server: 'close-at-once',
  preStopSleepSeconds: 5,
  expect: 'any',
}
const drainkeeper: Variant = {
  name: 'drainkeeper',
  title: 'drainkeeper',
  server: 'drained',
  policy: {},
  expect: 'none',
}

/** A rehearsal as it may come out, from a seed: four pods, three restarts, losses where nobody drains. */
export function rehearsalFixture(seed = 1, change: Partial<Rehearsal> = {}): Rehearsal {
  const random = seededRandom(seed)
  return {
    schema: 'drainkeeper.dev/rehearsal/v1',
    startedAt: '2026-11-21T09:30:00.000Z',
    seconds: 74,
    cluster: { kind: 'embedded', nodes: ['node-1', 'node-2'], kubernetesVersion: '1.36.3' },
    versions: { drainkeeper: '0.1.0', node: '24.21.0', machine: '2 cores, 24 GiB' },
    passed: true,
    interrupted: false,
    sentence: 'drainkeeper lost 0 of 3,600 requests in 3 rolling restarts; naive lost 118 of 3,600',
    scenarios: [scenarioFixture(random)],
    leftBehind: [],
    peakMemoryBytes: 640 * 1024 ** 2,
    ...change,
  }
}

function scenarioFixture(random: () => number): ScenarioResult {
  return {
    scenario: {
      name: 'http',
      title: 'A rolling restart over HTTP',
      about:
        'Service proxies go on sending to a deleted pod for half a second. A server that stops listening at SIGTERM refuses them. drainkeeper measures how long that takes, and the pod listens until then.',
      replicas: 4,
      disruption: 'restart',
      disruptions: 3,
      load: { protocol: 'http', ratePerSecond: 200, connections: 'both', workMs: 5 },
      lag: { default: { kind: 'fixed', ms: 500 } },
      variants: [naive, folklore, drainkeeper],
    },
    passed: true,
    checks: [
      { passed: true, sentence: 'naive: lost 118, at least 1 asked for' },
      { passed: true, sentence: 'drainkeeper: lost 0, at most 0 allowed' },
    ],
    variants: [
      variantFixture(naive, 0.045, random),
      variantFixture(folklore, 0.004, random),
      variantFixture(drainkeeper, 0, random),
    ],
  }
}

const KINDS = ['ECONNRESET', 'ECONNREFUSED', 'TIMEOUT', '503', 'UNAVAILABLE']

function variantFixture(variant: Variant, share: number, random: () => number): VariantResult {
  const seconds = 18
  const restarts = [3000, 7500, 12_000]
  const pods: PodTimeline[] = []
  for (const [round, startMs] of [-4000, ...restarts].entries()) {
    for (let index = 0; index < 4; index += 1) {
      const nextMs = restarts[round]
      const readyMs = startMs + 300 + index * 350
      const deletedMs = nextMs === undefined ? null : nextMs + 320 + index * 350
      pods.push(
        podFixture(
          variant,
          `checkout-${round}c9f-${(36 ** 4 + Math.floor(random() * 36 ** 4)).toString(36)}`,
          readyMs,
          deletedMs,
          random,
        ),
      )
    }
  }
  const requests: RequestDot[] = []
  const lostByKind: Record<string, number> = {}
  for (let index = 0; index < seconds * 110; index += 1) {
    const atMs = (index / 110) * 1000
    const inside = restarts.some((startMs) => atMs > startMs + 300 && atMs < startMs + 2600)
    const lost = inside && random() < share * 3
    const kind = KINDS[Math.floor(random() * KINDS.length)] ?? 'ECONNRESET'
    if (lost) lostByKind[kind] = (lostByKind[kind] ?? 0) + 1
    const duration = 1 + 4 * random() + (random() < 0.03 ? 30 * random() : 0)
    requests.push([Math.round(atMs), Math.round(duration * 10) / 10, lost ? kind : null, index % pods.length])
  }
  const lost = Object.values(lostByKind).reduce((sum, count) => sum + count, 0)
  const counts = (from: number, of: number, gone: number): Counts => ({
    requests: of,
    ok: of - gone,
    lost: gone,
    lostByKind: gone === 0 ? {} : lostByKind,
    latency: { p50Ms: 1.2 + from, p95Ms: 2.4 + from, p99Ms: 6.1 + 3 * from, maxMs: 35 + from },
    retries: 0,
    moved: variant.policy === undefined ? 0 : 12,
  })
  return {
    variant,
    maxSendDelayMs: 12,
    total: counts(0.3, seconds * 200, lost),
    before: counts(0, 600, 0),
    during: counts(1.1, 2100, lost),
    after: counts(0, 900, 0),
    seconds,
    learning: variant.policy === undefined ? null : { disruptions: 4, counts: counts(0.2, 3400, 0) },
    disruptions: restarts.map((startMs) => ({ startMs, endMs: startMs + 3200 })),
    pods,
    requests,
    perSecond: Array.from({ length: seconds }, () => ({ requests: 200, lost: 0 })),
    propagation: ['node-1', 'node-2'].map((node) => ({
      service: 'checkout',
      node,
      samples: 12,
      cutShort: 0,
      p50Ms: 506 + 6 * random(),
      maxMs: 528 + 10 * random(),
      setMs: { p50Ms: 500, maxMs: 500 },
      operatorBoundMs: variant.policy === undefined ? null : 541,
    })),
    contract:
      variant.policy === undefined ? null : { drainDelaySeconds: 1, terminationGracePeriodSeconds: 30, because },
    recommendations:
      variant.policy === undefined
        ? ['Routing goes on for up to 0.54 s after a pod is deleted: keep listening for 1 s.']
        : [],
  }
}

function podFixture(
  { server, preStopSleepSeconds = 0 }: Variant,
  name: string,
  readyMs: number,
  deletedMs: number | null,
  random: () => number,
): PodTimeline {
  const node = random() < 0.5 ? 'node-1' : 'node-2'
  const none = { sliceFlippedMs: null, drainStartMs: null, lastLateMs: null, listenerClosedMs: null, exitedMs: null }
  if (deletedMs === null) return { name, node, readyMs, deletedMs, ...none, exitCode: null, ending: null }
  const drained = server === 'drained'
  const closedMs = deletedMs + (drained ? 1020 : preStopSleepSeconds * 1000 + 30)
  return {
    name,
    node,
    readyMs,
    deletedMs,
    sliceFlippedMs: deletedMs + 8 + 30 * random(),
    drainStartMs: drained ? deletedMs + 15 : null,
    lastLateMs: drained ? deletedMs + 470 + 50 * random() : null,
    listenerClosedMs: drained ? closedMs : null,
    exitedMs: closedMs + 40 + 60 * random(),
    exitCode: 0,
    ending: 'Completed',
  }
}
