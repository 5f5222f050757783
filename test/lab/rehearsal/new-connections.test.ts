import { expect, test } from 'vitest'
import { newConnections } from '../../../src/lab/rehearsal/new-connections.ts'
import { recordAt } from '../record-builder.ts'

test('new connections of a node are those of all its runs that tell whom they reached', () => {
  const loads = [
    recordAt(1),
    recordAt(2, { reused: true }),
    recordAt(3, { attempts: 2 }),
    recordAt(4, { moves: 1 }),
    recordAt(5, { status: null, errorCode: 'EOF', pod: null }),
  ]
  const runs = [
    { node: 'a', scheduled: 5, offsetMs: 100, records: loads },
    { node: 'b', scheduled: 1, offsetMs: 0, records: [recordAt(7)] },
    { node: 'a', scheduled: 1, offsetMs: 0, records: [recordAt(6)] },
  ]
  expect(
    newConnections(runs).map(({ node, offsetMs, records }) => [node, offsetMs, records.map(({ sentMs }) => sentMs)]),
  ).toEqual([
    ['a', 0, [101, 105, 6]],
    ['b', 0, [7]],
  ])
})
