import { lookup as systemLookup, type LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import { type AddressPolicy, isAllowed } from './address-policy.ts'

/** As `dns.lookup` with `all`. */
export type Resolve = (
  hostname: string,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

/** The address, or one of those that its name stands for, may not be asked. */
export class ForbiddenAddress extends Error {
  override readonly name = 'ForbiddenAddress'
}

const systemResolve: Resolve = (hostname, done) => systemLookup(hostname, { all: true }, done)

/**
 * Connects to what was judged: a name is resolved once, its addresses are judged, and those are connected to. A name
 * that stands for one forbidden address among others is forbidden whole.
 */
export function createConnector(
  addresses: AddressPolicy,
  options: { ca?: string; timeoutMs: number; resolve?: Resolve },
): buildConnector.connector {
  const resolve = options.resolve ?? systemResolve
  const lookup: LookupFunction = (hostname, wanted, done) => {
    resolve(hostname, (error, found) => {
      const refused = error ?? judged(found, addresses)
      const [first] = found ?? []
      if (refused !== undefined || first === undefined) done(refused ?? new ForbiddenAddress(), [])
      else if (wanted.all === true) done(null, found)
      else done(null, first.address, first.family)
    })
  }
  const connect = buildConnector({
    allowH2: false,
    timeout: options.timeoutMs,
    lookup,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  })
  return (target, done) => {
    // Node resolves no literal address: it would never come to the lookup.
    const literal = target.hostname.replace(/^\[(.*)\]$/, '$1')
    if (isIP(literal) !== 0 && !isAllowed(literal, addresses)) done(new ForbiddenAddress(), null)
    else connect(target, done)
  }
}

function judged(found: readonly LookupAddress[], addresses: AddressPolicy): Error | undefined {
  const allowed = found.length > 0 && found.every(({ address }) => isAllowed(address, addresses))
  return allowed ? undefined : new ForbiddenAddress()
}
