import type { Leadership } from './lease-elector.ts'
import type { Transport } from './transport.ts'

/**
 * The same transport for as long as this process leads: afterwards writes are refused, and those under way are aborted.
 * Reads pass. The elector itself must use the ungated transport.
 */
export function gateWrites(_transport: Transport, _leadership: Leadership): Transport {
  throw new Error('not implemented')
}
