import { expect, test } from 'vitest'
import { ExpiringMap } from '../../src/kube/expiring-map.ts'

test('what was not touched for the lifetime is forgotten; what was touched is not', () => {
  const map = new ExpiringMap<string>(100)
  map.set('a', 'A', 0)
  map.set('b', 'B', 10)
  map.set('a', 'A2', 60)
  expect(map.get('b', 110)).toBe('B')
  expect(map.get('b', 111)).toBeUndefined()
  expect(map.size).toBe(1)
  expect(map.getOrSet('a', 150, () => 'new')).toBe('A2')
  expect(map.getOrSet('a', 250, () => 'new')).toBe('A2')
  expect(map.getOrSet('a', 351, () => 'new')).toBe('new')
  expect(map.size).toBe(1)
})
