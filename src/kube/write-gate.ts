import { KubeError } from './kube-error.ts'
import type { Leadership } from './lease-elector.ts'
import type { Transport, Verb } from './transport.ts'

const reads: ReadonlySet<Verb> = new Set<Verb>(['get', 'list', 'watch'])

/**
 * The same transport for as long as this process leads: afterwards writes are refused (Aborted), and those under way
 * are aborted. Reads pass. The elector itself, which must release its lease, uses the ungated transport.
 */
export function gateWrites(transport: Transport, leadership: Leadership): Transport {
  return {
    async request(request) {
      if (reads.has(request.verb)) return transport.request(request)
      // A process that was frozen may wake for another attempt before the timer that ends its leadership.
      const beforeAttempt = (): void => {
        if (leadership.isValid()) return
        throw new KubeError('Aborted', `${request.verb} ${request.path}: refused, this process does not lead`)
      }
      beforeAttempt()
      const signal =
        request.signal === undefined ? leadership.signal : AbortSignal.any([request.signal, leadership.signal])
      return transport.request({ ...request, signal, beforeAttempt })
    },
  }
}
