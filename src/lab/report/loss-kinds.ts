import type { Counts } from '../result.ts'

/** Losses that have one cause look alike in every chart. */
export type LossGroup = 'status' | 'reset' | 'refused' | 'timeout' | 'rpc' | 'other'

export const lossGroups: readonly { readonly group: LossGroup; readonly label: string; readonly means: string }[] = [
  { group: 'status', label: 'status', means: 'an answer with an error status, such as 503' },
  { group: 'reset', label: 'reset', means: 'the connection was cut before the answer was complete' },
  { group: 'refused', label: 'refused', means: 'nobody listened any more' },
  { group: 'timeout', label: 'timeout', means: 'no answer within the time of the request' },
  { group: 'rpc', label: 'gRPC', means: 'a status such as UNAVAILABLE or CANCELLED' },
  { group: 'other', label: 'other', means: 'anything else' },
]

/** gRPC's codes of failure, as the specification names them (grpc/doc/statuscodes.md). */
const RPC_CODES = new Set([
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
])

/** WS_1006 is a WebSocket that broke without a word, H2_… a stream that was reset. */
const RESET = /^(ECONNRESET|EPIPE|EOF|WS_1006|H2_.*)$/
const REFUSED = /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/

/** The group of one kind of loss, as `lostByKind` names it. */
export function lossGroup(kind: string): LossGroup {
  if (/^[1-5]\d\d$/.test(kind)) return 'status'
  if (RESET.test(kind)) return 'reset'
  if (REFUSED.test(kind)) return 'refused'
  if (/TIMEOUT|ETIMEDOUT/.test(kind)) return 'timeout'
  return RPC_CODES.has(kind) ? 'rpc' : 'other'
}

/** The losses of a set of requests by group, and the kinds behind each with their counts. */
export function lossesByGroup(counts: Counts): ReadonlyMap<LossGroup, { lost: number; kinds: string[] }> {
  const found = new Map<LossGroup, { lost: number; kinds: string[] }>()
  for (const [kind, lost] of Object.entries(counts.lostByKind)) {
    const group = lossGroup(kind)
    const entry = found.get(group) ?? { lost: 0, kinds: [] }
    entry.lost += lost
    entry.kinds.push(`${kind} ${lost}`)
    found.set(group, entry)
  }
  return found
}
