import { expect, test } from 'vitest'
import type { ContractField } from '../../src/contract/index.ts'
import { RevertWatch } from '../../src/operator/revert-watch.ts'

const hour = 60 * 60 * 1000

interface Write {
  atMs: number
  /** What we still held just before it. @default nothing: somebody took it away */
  held?: ContractField[]
  uid?: string
}

function watching(writes: readonly Write[]): { watch: RevertWatch; at: (nowMs: number) => RevertWatch } {
  let ms = 0
  const watch = new RevertWatch(() => ms)
  for (const { atMs, held = [], uid = 'uid-1' } of writes) {
    ms = atMs
    watch.wrote(uid, ['preStop'], held)
  }
  return {
    watch,
    at(nowMs) {
      ms = nowMs
      return watch
    },
  }
}

const fight: Write[] = [{ atMs: 0 }, { atMs: 1 }, { atMs: 2 }]

const cases: Record<string, { writes: Write[]; nowMs: number; found: boolean }> = {
  'one write is no fight': { writes: [{ atMs: 0 }], nowMs: 1, found: false },
  'what was taken away once may be chance': { writes: [{ atMs: 0 }, { atMs: 1 }], nowMs: 2, found: false },
  'what was taken away twice and written a third time is a fight': { writes: fight, nowMs: 3, found: true },
  'a contract that changes while we hold it is no fight': {
    writes: [{ atMs: 0 }, { atMs: 1, held: ['preStop'] }, { atMs: 2 }],
    nowMs: 3,
    found: false,
  },
  'writes to a re-created Deployment count anew': {
    writes: [{ atMs: 0 }, { atMs: 1 }, { atMs: 2, uid: 'uid-2' }],
    nowMs: 3,
    found: false,
  },
  'an hour after the last write it is forgotten here': { writes: fight, nowMs: hour + 3, found: false },
  'within the hour it is remembered': { writes: fight, nowMs: hour, found: true },
}

test.each(Object.entries(cases))('%s', (_, { writes, nowMs, found }) => {
  const { at } = watching(writes)
  expect(at(nowMs).reverted('uid-1')).toEqual(found ? ['preStop'] : undefined)
})

test('what we gave back ourselves was taken away by nobody', () => {
  const { watch } = watching(fight)
  watch.forget('uid-1')
  watch.wrote('uid-1', ['preStop'], [])
  expect(watch.reverted('uid-1')).toBeUndefined()
})
