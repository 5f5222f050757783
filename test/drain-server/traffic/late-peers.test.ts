import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { LatePeers, peerAddress } from '../../../src/drain-server/traffic/late-peers.ts'

test('peers are counted by kind, the one that came last first', () => {
  const peers = new LatePeers()
  peers.count('connections', '10.0.0.1', 5)
  peers.count('requests', '10.0.0.2', 10)
  peers.count('requests', '10.0.0.1', 20)
  peers.count('requests', '10.0.0.1', 15)
  expect(peers.list()).toEqual([
    { address: '10.0.0.1', connections: 1, requests: 2, lastMs: 20 },
    { address: '10.0.0.2', connections: 0, requests: 1, lastMs: 10 },
  ])
})

test('the list is a picture of its moment', () => {
  const peers = new LatePeers()
  peers.count('requests', 'a', 1)
  const [before] = peers.list()
  peers.count('requests', 'a', 2)
  expect(before).toMatchObject({ requests: 1, lastMs: 1 })
})

test('of any number of peers the 64 that came last are kept', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(200), { maxLength: 1000, size: 'max' }), (arrivals) => {
      const peers = new LatePeers()
      for (const [at, peer] of arrivals.entries()) peers.count('requests', `${peer}`, at)
      const distinct = [...new Set(arrivals.toReversed())].slice(0, 64)
      expect(peers.list().map(({ address }) => address)).toEqual(distinct.map(String))
    }),
  )
})

test.each([
  ['10.0.0.1', '10.0.0.1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::1', '::1'],
  ['::ffff:a00:1', '::ffff:a00:1'],
  [undefined, 'unknown'],
])('the address of %s is %s', (found, address) => {
  expect(peerAddress(found)).toBe(address)
})
