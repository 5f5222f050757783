import { expect, test } from 'vitest'
import { RevertWatch } from '../../src/operator/revert-watch.ts'

const hour = 60 * 60 * 1000

function watched(writes: readonly { atMs: number; signature?: string; uid?: string }[], nowMs: number) {
  let ms = 0
  const watch = new RevertWatch(() => ms)
  for (const { atMs, signature = 'D 15', uid = 'uid-1' } of writes) {
    ms = atMs
    watch.wrote(uid, signature, ['preStop'])
  }
  ms = nowMs
  return watch.reverted('uid-1')
}

const cases: Record<
  string,
  { writes: { atMs: number; signature?: string; uid?: string }[]; nowMs: number; found: boolean }
> = {
  'one write is no fight': { writes: [{ atMs: 0 }], nowMs: 1, found: false },
  'two writes of the same may be chance': { writes: [{ atMs: 0 }, { atMs: 1 }], nowMs: 2, found: false },
  'the third write of the same is a fight': { writes: [{ atMs: 0 }, { atMs: 1 }, { atMs: 2 }], nowMs: 3, found: true },
  'writes of different contracts are no fight': {
    writes: [{ atMs: 0 }, { atMs: 1, signature: 'D 5' }, { atMs: 2 }],
    nowMs: 3,
    found: false,
  },
  'writes to a re-created Deployment count anew': {
    writes: [{ atMs: 0 }, { atMs: 1 }, { atMs: 2, uid: 'uid-2' }],
    nowMs: 3,
    found: false,
  },
  'an hour after the last write it may be tried again': {
    writes: [{ atMs: 0 }, { atMs: 1 }, { atMs: 2 }],
    nowMs: hour + 3,
    found: false,
  },
  'within the hour it is remembered': { writes: [{ atMs: 0 }, { atMs: 1 }, { atMs: 2 }], nowMs: hour, found: true },
}

test.each(Object.entries(cases))('%s', (_, { writes, nowMs, found }) => {
  expect(watched(writes, nowMs)).toEqual(found ? ['preStop'] : undefined)
})
