import { BlockList, isIP, isIPv4 } from 'node:net'

export interface AddressPolicy {
  /** Whether this machine itself may be asked. */
  readonly loopback: boolean
  /** When given, only addresses within these ranges (`10.0.0.0/8`) may be asked. They allow nothing that is never allowed. */
  readonly ranges?: readonly string[]
}

/** Nothing worth asking lives here; the metadata services of clouds do. */
const never = blockList([
  '0.0.0.0/8',
  '169.254.0.0/16', // link-local; metadata of AWS, Azure, Google and others
  '100.100.100.200/32', // metadata of Alibaba Cloud
  '168.63.129.16/32', // wire server of Azure
  '192.0.0.192/32', // metadata of Oracle Cloud
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and broadcast
  '::/128',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
  'fd00:ec2::254/128', // metadata of AWS
  'fd20:ce::254/128', // metadata of Google
])
const loopback = blockList(['127.0.0.0/8', '::1/128'])

/**
 * IPv6 addresses that carry an IPv4 address, which is the one that would be reached: mapped, compatible, NAT64, 6to4.
 * The number is the 16-bit group at which it begins.
 */
const carriers: readonly (readonly [ranges: BlockList, at: number])[] = [
  [blockList(['::ffff:0:0/96', '::/96', '64:ff9b::/96']), 6],
  [blockList(['2002::/16']), 1],
]

/** @param address an IP address, as DNS gave it or as the URL states it, without brackets */
export function isAllowed(address: string, policy: AddressPolicy): boolean {
  const plain = address.replace(/%.*$/, '')
  if (isIP(plain) === 0 || holds(never, plain)) return false
  if (holds(loopback, plain)) return policy.loopback
  const carried = carriedIPv4(plain)
  if (carried !== undefined) return isAllowed(carried, policy)
  return policy.ranges === undefined || holds(blockList(policy.ranges), plain)
}

/** Whether it is a range as {@link AddressPolicy} takes it. */
export function isRange(text: string): boolean {
  const [address = '', prefix = '', ...rest] = text.split('/')
  const family = isIP(address)
  return family !== 0 && rest.length === 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128)
}

function carriedIPv4(address: string): string | undefined {
  if (isIPv4(address)) return undefined
  const carrier = carriers.find(([ranges]) => ranges.check(address, 'ipv6'))
  if (carrier === undefined) return undefined
  const groups = groupsOf(address)
  const [high = 0, low = 0] = groups.slice(carrier[1], carrier[1] + 2)
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

/** The eight groups of an IPv6 address. The URL parser writes every form of it in one way: `::` and hexadecimal groups. */
function groupsOf(address: string): number[] {
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
  const [before, after] = [groups(head), groups(tail ?? '')]
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after]
}

function holds(list: BlockList, address: string): boolean {
  return list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
}

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/')
    list.addSubnet(address, Number(prefix), isIPv4(address) ? 'ipv4' : 'ipv6')
  }
  return list
}
