import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { rules } from './oracle/index.ts'
import { paceMoments } from './oracle/pace-book.ts'
import { drawPlan } from './plan/draw-plan.ts'
import { isFault, type Plan } from './plan/plan.ts'
import { trySeeds } from './run/pool.ts'
import { catchMutant } from './run/run-mutants.ts'
import { shrink } from './run/shrink.ts'
import { type SeedResult, tryPlan, trySeed } from './run/trial.ts'
import { changesOf, mutants, mutate } from './mutants/mutants.ts'

const limitMs = 120_000

test('histories from seeds break no rule, and another process tells the same', { timeout: limitMs }, async () => {
  const here: SeedResult[] = []
  // The first of them paces rollouts.
  for (const seed of [13, 15, 21, 57]) here.push(await trySeed(seed))
  expect(here.flatMap(({ seed, violations }) => violations.map((violation) => ({ seed, ...violation })))).toEqual([])
  const again = await trySeed(13)
  expect(again).toEqual(here[0])
  const elsewhere: SeedResult[] = []
  await trySeeds({ from: 13, count: 1, workers: 1, onResult: (result) => elsewhere.push(result) > 0 })
  expect(elsewhere).toEqual([again])
  expect(new Set(here.map(({ hash }) => hash)).size).toBe(4)
})

describe('broken operators are caught', () => {
  const known = [
    { name: 'trusts-its-timers', seed: 15, rule: 'leader-only' },
    { name: 'counts-drains-twice', seed: 1, rule: 'drains-once' },
    { name: 'pauses-what-it-writes', seed: 1, rule: 'scope' },
    { name: 'steps-beyond-the-strategy', seed: 3, rule: 'bounds' },
  ]
  test.each(known)('$name, by $rule', { timeout: limitMs }, async ({ name, seed, rule }) => {
    const mutant = mutants.find((each) => each.name === name)
    if (mutant === undefined) throw new Error(`no mutant ${name}`)
    const { rules: broken } = await catchMutant(mutant, { from: seed, seeds: 1, workers: 1 })
    expect(broken).toContain(rule)
  })
})

test('every mutant still finds its text in the sources', () => {
  for (const mutant of mutants) {
    for (const change of changesOf(mutant)) {
      const source = readFileSync(new URL(`../../src/${change.file}`, import.meta.url), 'utf8')
      expect(mutate(source, change), mutant.name).not.toBe(source)
    }
  }
})

test('a failing history is shrunk to what it takes', async () => {
  const plan = drawPlan(15)
  expect(plan.happenings.length).toBeGreaterThan(8)
  const breaks = async ({ happenings }: Plan): Promise<boolean> =>
    happenings.some(({ kind }) => kind === 'freezeAtWrite') && happenings.some(({ kind }) => kind === 'applyPolicy')
  const smallest = await shrink(plan, breaks)
  expect(smallest.happenings.map(({ kind }) => kind).sort()).toEqual(['applyPolicy', 'freezeAtWrite'])
  expect(smallest).toMatchObject({ replicas: 1, travelMs: 0, watchLagMs: 0 })
})

test('every kind of fault is drawn, and every rule has its own name', () => {
  const drawn = new Set(
    Array.from({ length: 300 }, (_, seed) => drawPlan(seed)).flatMap(({ happenings }) => happenings),
  )
  const kinds = new Set([...drawn].filter(isFault).map(({ kind }) => kind))
  expect(kinds.size).toBe(11)
  expect(new Set(rules.map(({ name }) => name)).size).toBe(rules.length)
})

test('a grace period that Git states is let alone, and the policy says why', async () => {
  const plan: Plan = {
    seed: 1,
    replicas: 1,
    travelMs: 0,
    watchLagMs: 0,
    happenings: [
      {
        kind: 'apply',
        atMs: 0,
        manifest: {
          name: 'checkout',
          author: 'argocd',
          image: 'app:1',
          replicas: 1,
          drainPort: true,
          graceSeconds: 40,
        },
      },
      { kind: 'applyPolicy', atMs: 5000, name: 'checkout', spec: { targetRef: { name: 'checkout' } } },
    ],
  }
  const { violations, lived } = await tryPlan(plan)
  expect(violations).toEqual([])
  expect(
    lived.chronicle.writes.some(
      ({ client, resource }) => client.startsWith('drainkeeper') && resource.plural === 'deployments',
    ),
  ).toBe(false)
})

test('a pause that outlived its deadline is not renewed by whoever comes back: it ends in a hold', {
  timeout: limitMs,
}, async () => {
  const name = 'checkout'
  const pacing = { objective: { errorRate: 0.01, minRequests: 10 }, maxHold: '20s', onInconclusive: 'Pause' }
  const plan: Plan = {
    seed: 1,
    replicas: 1,
    travelMs: 0,
    watchLagMs: 0,
    paced: { endsQuiet: false, diesAtMs: 60_000 },
    happenings: [
      { kind: 'traffic', atMs: 0, name, requestsPerSecond: 200 },
      { kind: 'fails', atMs: 0, name, image: 'app:2', share: 0.3 },
      {
        kind: 'apply',
        atMs: 0,
        manifest: { name, author: 'kubectl', image: 'app:1', replicas: 3, drainPort: true },
      },
      { kind: 'applyPolicy', atMs: 2000, name, spec: { targetRef: { name }, pacing } },
      { kind: 'deploy', atMs: 40_000, name, image: 'app:2' },
      { kind: 'crash', atMs: 60_000, process: 0, downMs: 240_000 },
    ],
  }
  const { violations, lived } = await tryPlan(plan)
  expect(violations).toEqual([])
  const paused = paceMoments(lived).filter(({ ours }) => ours.has('paused'))
  expect(paused.length).toBeGreaterThan(0)
  const resumed = paceMoments(lived).find(({ ours, oursBefore }) => oursBefore.has('paused') && !ours.has('paused'))
  expect(resumed?.write.atMs).toBeGreaterThan(300_000)
  expect(resumed?.write.atMs).toBeLessThan(330_000)
  expect(resumed?.live.minReadySeconds).toBeGreaterThan(60)
})
