import { describe, expect, test } from 'vitest'
import { OwnWrites } from '../../src/operator/own-writes.ts'

interface Versioned {
  resourceVersion: string
  value: string
}

const at = (resourceVersion: string, value: string): Versioned => ({ resourceVersion, value })

const cases: Record<string, { written?: Versioned; cached: Versioned | undefined; expected: string | undefined }> = {
  'without a write of ours the cache is the truth': { cached: at('7', 'cached'), expected: 'cached' },
  'a cache that is behind our write is passed over': {
    written: at('9', 'written'),
    cached: at('7', 'cached'),
    expected: 'written',
  },
  'a cache that has caught up is the truth': {
    written: at('9', 'written'),
    cached: at('9', 'cached'),
    expected: 'cached',
  },
  'a cache that is ahead is the truth': { written: at('9', 'written'), cached: at('12', 'cached'), expected: 'cached' },
  'versions are numbers, not words': { written: at('100', 'written'), cached: at('99', 'cached'), expected: 'written' },
  'a deleted object stays deleted': { written: at('9', 'written'), cached: undefined, expected: undefined },
}

describe('the newest of an object', () => {
  test.each(Object.entries(cases))('%s', (_, { written, cached, expected }) => {
    const writes = new OwnWrites<Versioned>()
    if (written !== undefined) writes.remember('shop/checkout', written)
    expect(writes.newest('shop/checkout', cached)?.value).toBe(expected)
  })

  test('a write is forgotten once the cache has it', () => {
    const writes = new OwnWrites<Versioned>()
    writes.remember('shop/checkout', at('9', 'written'))
    writes.newest('shop/checkout', at('9', 'cached'))
    // Cannot happen on a real server; shows that nothing is kept.
    expect(writes.newest('shop/checkout', at('7', 'cached'))?.value).toBe('cached')
  })

  test('objects do not mix', () => {
    const writes = new OwnWrites<Versioned>()
    writes.remember('shop/checkout', at('9', 'written'))
    expect(writes.newest('shop/cart', at('7', 'cached'))?.value).toBe('cached')
  })
})
