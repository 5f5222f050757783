import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  begin,
  type ContainerEnd,
  containerTerminated,
  type Deletion,
  gone,
  newTimeline,
  sliceFlipped,
  type Timeline,
} from '../../src/propagation/index.ts'

const pod = { podUid: 'uid-1', podName: 'app-1' }
const deletion: Deletion = {
  deletionSeenAtMs: 1000,
  deletionTimestamp: '1970-01-01T00:00:31Z',
  graceSeconds: 30,
  exact: true,
}
const end: ContainerEnd = {
  container: 'app',
  exitCode: 0,
  reason: 'Completed',
  message: '',
  finishedAt: '1970-01-01T00:00:05Z',
  seenAtMs: 5100,
}

type Fact = (timeline: Timeline) => Timeline

const deletions = fc.record({
  deletionSeenAtMs: fc.nat(5),
  deletionTimestamp: fc.constantFrom('a', 'b'),
  graceSeconds: fc.nat(2),
  exact: fc.boolean(),
})
const ends = fc.record(
  {
    container: fc.constantFrom('app', 'proxy', 'constructor', '__proto__'),
    exitCode: fc.nat(1),
    reason: fc.constantFrom('Completed', 'Error'),
    message: fc.constantFrom('', 'x'),
    signal: fc.nat(1),
    finishedAt: fc.constantFrom('1970-01-01T00:00:05Z', '1970-01-01T00:00:06Z', 'never'),
    seenAtMs: fc.nat(2),
  },
  { requiredKeys: ['container', 'exitCode', 'reason', 'message', 'seenAtMs'] },
)
const facts: fc.Arbitrary<Fact> = fc.oneof(
  deletions.map(
    (fact): Fact =>
      (timeline) =>
        begin(timeline, fact),
  ),
  ends.map(
    (fact): Fact =>
      (timeline) =>
        containerTerminated(timeline, fact),
  ),
  fc.tuple(fc.constantFrom('web', 'constructor', '__proto__'), fc.nat(9)).map(
    ([service, atMs]): Fact =>
      (timeline) =>
        sliceFlipped(timeline, service, atMs),
  ),
  fc.nat(9).map(
    (atMs): Fact =>
      (timeline) =>
        gone(timeline, atMs),
  ),
)
const told = (all: readonly Fact[]): Timeline => all.reduce((timeline, fact) => fact(timeline), newTimeline(pod))

describe('a timeline', () => {
  it('is the same for the same facts in any order and any repetition', () => {
    const orders = fc
      .array(facts, { maxLength: 8 })
      .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 })))
    fc.assert(
      fc.property(orders, ([all, shuffled]) => {
        expect(told(shuffled)).toEqual(told(all))
      }),
      { numRuns: 1000 },
    )
  })

  it('survives JSON', () => {
    fc.assert(
      fc.property(fc.array(facts), (all) => {
        const timeline = told(all)
        expect(JSON.parse(JSON.stringify(timeline))).toEqual(timeline)
      }),
    )
  })

  it('never changes the timeline that it was given', () => {
    const before = Object.freeze(newTimeline(pod))
    gone(sliceFlipped(containerTerminated(begin(before, deletion), end), 'web', 3), 9)
    expect(before).toEqual(newTimeline(pod))
  })

  it.each<[string, Deletion[], Partial<Deletion>]>([
    ['keeps the first of two', [deletion, { ...deletion, deletionSeenAtMs: 1500 }], { deletionSeenAtMs: 1000 }],
    [
      'ignores the write with grace 0 at the end',
      [deletion, { ...deletion, deletionSeenAtMs: 9000, graceSeconds: 0 }],
      { graceSeconds: 30 },
    ],
    [
      'prefers one that was seen',
      [{ ...deletion, exact: false, deletionSeenAtMs: 400 }, deletion],
      { exact: true, deletionSeenAtMs: 1000 },
    ],
  ])('of several deletions %s', (_, all, kept) => {
    expect(all.reduce(begin, newTimeline(pod)).deletion).toMatchObject(kept)
  })

  it('keeps the last end of a container that had crashed before', () => {
    const crash = { ...end, exitCode: 1, finishedAt: '1970-01-01T00:00:01Z', seenAtMs: 1100 }
    const timeline = [end, crash].reduce(containerTerminated, newTimeline(pod))
    expect(timeline.containers).toEqual({ app: end })
  })

  it.each<Partial<ContainerEnd>>([
    { exitCode: 1 },
    { reason: 'Error' },
    { message: 'bye' },
    { signal: 9 },
    { startedAt: '1970-01-01T00:00:00Z' },
    { seenAtMs: 5200 },
    { finishedAt: '1970-01-01T00:00:06Z' },
  ])('keeps the same one of two ends that differ in %o, whichever came first', (part) => {
    const ends = [end, { ...end, ...part }]
    const [forth, back] = [ends, ends.toReversed()].map((all) => all.reduce(containerTerminated, newTimeline(pod)))
    expect(forth).toEqual(back)
  })

  it('keeps the first flip of each slice and the first time that the pod was gone', () => {
    const flips = sliceFlipped(sliceFlipped(sliceFlipped(newTimeline(pod), 'web', 20), 'web', 30), 'grpc', 25)
    expect(gone(gone(flips, 90), 80)).toMatchObject({ slices: { web: 20, grpc: 25 }, goneAtMs: 80 })
  })
})
