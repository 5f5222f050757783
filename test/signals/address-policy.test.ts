import { describe, expect, test } from 'vitest'
import { isAllowed, isRange } from '../../src/signals/ask/address-policy.ts'

const anywhere = { loopback: false }
const loopbackToo = { loopback: true }

describe('which addresses may be asked', () => {
  test.each([
    '10.0.0.7',
    '192.168.1.1',
    '8.8.8.8',
    '2001:db8::1',
    'fd12::7',
    '100.64.0.1',
    '::ffff:10.0.0.7',
    '64:ff9b::808:808',
  ])('%s may', (address) => expect(isAllowed(address, anywhere)).toBe(true))

  test.each([
    '169.254.169.254',
    '169.254.0.1',
    '0.0.0.0',
    '0.1.2.3',
    '224.0.0.1',
    '239.255.255.255',
    '255.255.255.255',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    '::',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    'fd00:ec2::254',
    'fd20:ce::254',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '::a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
    'not an address',
    '',
  ])('%s never may', (address) => {
    expect(isAllowed(address, loopbackToo)).toBe(false)
    expect(isAllowed(address, { loopback: true, ranges: ['0.0.0.0/0', '::/0'] })).toBe(false)
  })

  test.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::'])(
    '%s is loopback: only when the administrator says so',
    (address) => {
      expect(isAllowed(address, anywhere)).toBe(false)
      expect(isAllowed(address, loopbackToo)).toBe(true)
    },
  )

  test('ranges narrow it down', () => {
    const policy = { loopback: false, ranges: ['10.0.0.0/8', 'fd12::/16'] }
    expect(isAllowed('10.1.2.3', policy)).toBe(true)
    expect(isAllowed('11.1.2.3', policy)).toBe(false)
    expect(isAllowed('::ffff:10.1.2.3', policy)).toBe(true)
    expect(isAllowed('::ffff:11.1.2.3', policy)).toBe(false)
    expect(isAllowed('fd12::1', policy)).toBe(true)
    expect(isAllowed('fd13::1', policy)).toBe(false)
  })

  test.each([
    ['10.0.0.0/8', true],
    ['::/0', true],
    ['10.0.0.0/33', false],
    ['10.0.0.0', false],
    ['10.0.0.0/8/8', false],
    ['fd::/129', false],
    ['host/8', false],
  ])('%s is a range: %s', (text, is) => expect(isRange(text)).toBe(is))
})
