import { describe, expect, test } from 'vitest'
import { addressesOf, freeSubnets } from '../../../e2e/cluster/local/addresses.ts'

describe('the first network that may be taken', () => {
  const cases: Record<string, { inUse: string[]; first: number }> = {
    'is 10.210 on a machine without such routes': { inUse: ['127.0.0.0/8', '192.168.1.0/24'], first: 210 },
    'is not one that a smaller network is part of': { inUse: ['10.210.0.0/24'], first: 211 },
    'is not one that an address is part of': { inUse: ['10.210.0.254'], first: 211 },
    'is not one that is part of a larger network': { inUse: ['10.208.0.0/12'], first: 224 },
    'may follow one in use': { inUse: ['10.210.0.0/16', '10.212.0.0/16'], first: 211 },
    'does not mind the default route': { inUse: ['default', '0.0.0.0/0'], first: 210 },
    'does not mind words and IPv6': { inUse: ['local', 'fe80::/64'], first: 210 },
  }
  test.each(Object.entries(cases))('%s', (_name, { inUse, first }) => {
    expect(freeSubnets(inUse)[0]).toBe(first)
  })

  test('is none where a route covers all of them', () => {
    expect(() => freeSubnets(['10.0.0.0/8'])).toThrow(expect.objectContaining({ code: 'NoFreeSubnet' }))
  })
})

test('nodes, pods and Services of a cluster have ranges of their own in its network', () => {
  const addresses = addressesOf(217)
  expect(addresses.network).toBe('10.217.0.0/16')
  expect(addresses.node(2)).toBe('10.217.0.12')
  expect(addresses.podRange(2)).toBe('10.217.2.0/24')
  expect(addresses.serviceRange).toBe('10.217.240.0/20')
  expect(addresses.kubernetesService).toBe('10.217.240.1')
})
