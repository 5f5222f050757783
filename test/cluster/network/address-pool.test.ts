import { expect, test } from 'vitest'
import { AddressPool } from '../../../src/cluster/network/address-pool.ts'

test('each node has its own addresses, and the first is its own', () => {
  const pool = new AddressPool('127.20')
  expect(pool.nodeAddress('a')).toBe('127.20.1.1')
  expect([pool.allocate('a'), pool.allocate('b'), pool.allocate('a')]).toEqual([
    '127.20.1.2',
    '127.20.2.2',
    '127.20.1.3',
  ])
})

test('an address that was given back is the last to be used again', () => {
  const pool = new AddressPool('127.20')
  const first = pool.allocate('a')
  pool.release(first)
  const seen = Array.from({ length: 252 }, () => pool.allocate('a'))
  expect(new Set(seen).size).toBe(252)
  expect(seen).not.toContain(first)
  expect(pool.allocate('a')).toBe(first)
})

test('a full node says so', () => {
  const pool = new AddressPool('127.20')
  for (let pod = 0; pod < 253; pod++) pool.allocate('a')
  expect(() => pool.allocate('a')).toThrow('253 pods')
  pool.release('127.20.1.100')
  expect(pool.allocate('a')).toBe('127.20.1.100')
})
