import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../../src/kube/index.ts'
import { ReflectedCache } from '../../src/kube/reflected-cache.ts'
import { projectPod, projectSlice } from '../../src/operator/projections.ts'
import { type Drain, TerminationObserver } from '../../src/operator/termination-observer.ts'
import { report } from '../propagation/fixtures.ts'
import { rawPod } from './facts.ts'

const startMs = Date.UTC(2026, 0, 1, 12)
const graceSeconds = 30

/** What the two watches bring, each fact at so many milliseconds after the deletion. */
class World {
  readonly drains: Drain[] = []
  readonly observer = new TerminationObserver((drain) => this.drains.push(drain))
  readonly #pods = new ReflectedCache({ project: projectPod })
  readonly #slices = new ReflectedCache({ project: projectSlice })
  #version = 0

  constructor() {
    this.#pods.onEvent((event) => this.observer.pod(event))
    this.#slices.onEvent((event) => this.observer.slice(event))
  }

  pod(atMs: number, raw: KubeObject, { initial = false, gone = false } = {}): void {
    const arrival = { receivedAtMs: startMs + atMs, receivedMonotonicMs: atMs }
    const object = this.#versioned(raw)
    if (gone) this.#pods.delete(object, arrival, initial)
    else this.#pods.upsert(object, arrival, initial)
  }

  slice(atMs: number, state: 'ready' | 'terminating' | 'absent', { service = 'checkout', initial = false } = {}): void {
    const conditions = { ready: state === 'ready', serving: true, terminating: state === 'terminating' }
    const endpoints = state === 'absent' ? [] : [{ targetRef: { uid: 'pod-1' }, conditions }]
    const labels = { 'kubernetes.io/service-name': service }
    const metadata = { namespace: 'shop', name: `${service}-1`, uid: service, labels }
    const arrival = { receivedAtMs: startMs + atMs, receivedMonotonicMs: atMs }
    this.#slices.upsert(this.#versioned({ metadata, endpoints } as KubeObject), arrival, initial)
  }

  /** A list that does not have the pod any more. */
  relist(atMs: number): void {
    this.#pods.deleteAllBut(new Set(), { receivedAtMs: startMs + atMs, receivedMonotonicMs: atMs })
  }

  #versioned(raw: KubeObject): KubeObject {
    this.#version += 1
    return { ...raw, metadata: { ...raw.metadata, resourceVersion: String(this.#version) } }
  }
}

const running = rawPod()

function terminating(grace = graceSeconds, raw = running): KubeObject {
  const deletionTimestamp = new Date(startMs + grace * 1000).toISOString()
  return { ...raw, metadata: { ...raw.metadata, deletionTimestamp, deletionGracePeriodSeconds: grace } }
}

function ended(terminated: Record<string, unknown> = {}): KubeObject {
  const message = JSON.stringify(report({ drainStartedAt: new Date(startMs + 50).toISOString() }))
  const finishedAt = new Date(startMs + 2000).toISOString()
  const startedAt = new Date(startMs - 60_000).toISOString()
  const state = { terminated: { exitCode: 0, reason: 'Completed', message, startedAt, finishedAt, ...terminated } }
  return terminating(graceSeconds, rawPod({ status: { containerStatuses: [{ name: 'app', state }] } }))
}

/** Offset 50 ms, last late connection at 400 ms, and a silence of 30 ms at 100 connections/s. */
const measuredMs = 480

describe('an ordinary end', () => {
  function ordinary(world: World, events: readonly ('deleted' | 'flipped')[]): void {
    world.slice(-1000, 'ready')
    world.pod(-1000, running)
    for (const [index, event] of events.entries()) {
      if (event === 'deleted') world.pod(index * 10, terminating())
      else world.slice(index * 10, 'terminating')
    }
    world.pod(2600, ended())
    world.pod(2700, ended(), { gone: true })
    world.slice(2710, 'absent')
  }

  test('gives one drain with its sample and outcome', () => {
    const world = new World()
    ordinary(world, ['deleted', 'flipped'])
    expect(world.drains).toHaveLength(1)
    const [drain] = world.drains
    expect(drain).toMatchObject({
      namespace: 'shop',
      deployment: 'checkout',
      podName: 'checkout-abc-1',
      podUid: 'pod-1',
    })
    expect(drain?.outcome.outcome).toBe('clean')
    expect(drain?.sample.propagation).toMatchObject({ kind: 'measured' })
    expect(drain?.sample.propagation).toHaveProperty('valueMs', expect.closeTo(measuredMs, 0))
    expect(drain?.sample.apiToSliceMs).toEqual({ checkout: 10 })
  })

  test('with the slice before the pod counts the same, and the slice took no time', () => {
    const world = new World()
    ordinary(world, ['flipped', 'deleted'])
    expect(world.drains[0]?.sample.apiToSliceMs).toEqual({ checkout: 0 })
    expect(world.drains[0]?.outcome.outcome).toBe('clean')
  })

  test('leaves nothing behind', () => {
    const world = new World()
    ordinary(world, ['flipped', 'deleted'])
    expect(world.observer.size).toBe(0)
    world.pod(5000, running)
    world.pod(6000, terminating())
    world.pod(7000, ended(), { gone: true })
    expect(world.drains[1]?.sample.apiToSliceMs).toEqual({})
  })

  test('whose endpoint went before the pod leaves nothing behind either', () => {
    const world = new World()
    world.slice(-1000, 'ready')
    world.pod(-1000, running)
    world.slice(0, 'terminating')
    world.pod(10, terminating())
    world.slice(2000, 'absent')
    world.pod(2700, ended(), { gone: true })
    world.pod(5000, running)
    world.pod(6000, terminating())
    world.pod(7000, ended(), { gone: true })
    expect(world.drains.map(({ sample }) => sample.apiToSliceMs)).toEqual([{ checkout: 0 }, {}])
  })

  test('through two Services is timed for each', () => {
    const world = new World()
    for (const service of ['checkout', 'internal']) world.slice(-1000, 'ready', { service })
    world.pod(-1000, running)
    world.slice(-5, 'terminating', { service: 'internal' })
    world.pod(0, terminating())
    world.slice(30, 'terminating')
    world.pod(2700, ended(), { gone: true })
    expect(world.drains[0]?.sample.apiToSliceMs).toEqual({ checkout: 30, internal: 0 })
  })
})

describe('what was not seen as it happened', () => {
  test('a deletion that is read from a list is counted from its deadline, on the safe side', () => {
    const world = new World()
    world.pod(1500, terminating(), { initial: true })
    world.pod(2700, ended(), { gone: true })
    expect(world.drains[0]?.sample.propagation).toHaveProperty('valueMs', expect.closeTo(measuredMs, 0))
    expect(world.drains[0]?.outcome.outcome).toBe('clean')
  })

  test('a deletion that a relist tells of, of a pod that was known, is counted from its deadline', () => {
    const world = new World()
    world.pod(-1000, running)
    world.pod(1500, terminating(), { initial: true })
    world.pod(2700, ended(), { gone: true })
    expect(world.drains[0]?.sample.propagation).toHaveProperty('valueMs', expect.closeTo(measuredMs, 0))
  })

  test('a deletion that is heard of long after it happened is counted from its deadline too', () => {
    const world = new World()
    const late = report({ drainStartedAt: new Date(startMs + 8000).toISOString(), finishedMs: 2500 })
    world.pod(-1000, running)
    // The watch was cut, and goes on ten seconds later with what happened meanwhile.
    world.pod(10_000, terminating())
    const end = { message: JSON.stringify(late), finishedAt: new Date(startMs + 10_500).toISOString() }
    world.pod(10_700, ended(end), { gone: true })
    expect(world.drains[0]?.sample.propagation).toHaveProperty('valueMs', expect.closeTo(8000 + 430, 0))
  })

  test('a pod that vanished while nobody watched is unknown', () => {
    const world = new World()
    world.pod(-1000, running)
    world.relist(60_000)
    expect(world.drains[0]?.outcome).toEqual({ outcome: 'unknown', message: 'the deletion was not seen' })
    expect(world.drains[0]?.sample.propagation).toMatchObject({ kind: 'uninformative' })
  })

  test('a slice that is read from a list, or seen for the first time, is no flip', () => {
    const world = new World()
    world.pod(-1000, running)
    world.slice(-500, 'terminating')
    world.pod(0, terminating())
    world.slice(400, 'ready', { service: 'other' })
    world.slice(500, 'terminating', { service: 'other', initial: true })
    world.pod(2700, ended(), { gone: true })
    expect(world.drains[0]?.sample.apiToSliceMs).toEqual({})
  })

  test('an endpoint that was not ready before flips nothing when it goes', () => {
    const world = new World()
    world.pod(-1000, running)
    world.slice(-500, 'ready')
    world.pod(0, terminating())
    world.slice(400, 'absent')
    world.pod(2700, ended(), { gone: true })
    expect(world.observer.size).toBe(0)
  })
})

describe('a hard end', () => {
  test('a force delete is unknown, and says nothing of propagation', () => {
    const world = new World()
    world.pod(-1000, running)
    world.pod(0, terminating(0), { gone: true })
    expect(world.drains[0]?.outcome.outcome).toBe('unknown')
    expect(world.drains[0]?.sample.propagation).toMatchObject({ kind: 'uninformative' })
  })

  test('a kill at the end of the grace period is told', () => {
    const world = new World()
    world.pod(-1000, running)
    world.pod(0, terminating())
    const killed = ended({ exitCode: 137, reason: 'Error', message: '' })
    world.pod(30_100, killed)
    world.pod(30_200, killed, { gone: true })
    expect(world.drains[0]?.outcome.outcome).toBe('killed')
  })

  test('the last write, with a grace period of 0, changes nothing of what was seen', () => {
    const world = new World()
    world.pod(-1000, running)
    world.pod(0, terminating())
    world.pod(2600, ended())
    const last = ended()
    last.metadata.deletionGracePeriodSeconds = 0
    last.metadata.deletionTimestamp = new Date(startMs + 2600).toISOString()
    world.pod(2650, last)
    world.pod(2700, last, { gone: true })
    expect(world.drains[0]?.outcome.outcome).toBe('clean')
    expect(world.drains[0]?.sample.propagation).toHaveProperty('valueMs', expect.closeTo(measuredMs, 0))
  })

  test('a pod whose containers kubelet lost sight of had served, and is unknown', () => {
    const world = new World()
    const state = { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown', startedAt: null, finishedAt: null } }
    const lost = terminating(graceSeconds, rawPod({ status: { containerStatuses: [{ name: 'app', state }] } }))
    world.pod(-1000, running)
    world.pod(0, terminating())
    world.pod(40_000, lost)
    world.pod(40_100, lost, { gone: true })
    expect(world.drains.map(({ outcome }) => outcome.outcome)).toEqual(['unknown'])
  })
})

describe('what is no drain', () => {
  test('a pod that never ran', () => {
    const world = new World()
    const waiting = rawPod({ status: { containerStatuses: [{ name: 'app', state: { waiting: {} } }] } })
    world.pod(-1000, waiting)
    world.pod(0, terminating(graceSeconds, waiting))
    world.pod(100, terminating(graceSeconds, waiting), { gone: true })
    expect(world.drains).toEqual([])
    expect(world.observer.size).toBe(0)
  })

  test('a pod that ran, was never ready, and was killed', () => {
    const world = new World()
    const starting = rawPod({ status: { containerStatuses: [{ name: 'app', state: { running: {} } }] } })
    world.pod(-1000, starting)
    world.pod(0, terminating(graceSeconds, starting))
    world.pod(30_000, ended({ exitCode: 137, reason: 'Error' }), { gone: true })
    expect(world.drains).toEqual([])
    expect(world.observer.size).toBe(0)
  })

  test('a pod of no Deployment, whose flips are forgotten when its endpoint goes', () => {
    const world = new World()
    const other = rawPod({}, { ownerReferences: [{ kind: 'StatefulSet', name: 'checkout', controller: true }] })
    world.slice(-1000, 'ready')
    world.pod(-1000, other)
    world.slice(0, 'terminating')
    world.pod(0, terminating(graceSeconds, other))
    world.pod(2700, terminating(graceSeconds, other), { gone: true })
    world.slice(2710, 'absent')
    expect(world.drains).toEqual([])
    // Were the flip still there, a pod of the same uid would be given it.
    world.pod(5000, running)
    world.pod(6000, terminating())
    world.pod(8000, ended(), { gone: true })
    expect(world.drains[0]?.sample.apiToSliceMs).toEqual({})
  })
})
