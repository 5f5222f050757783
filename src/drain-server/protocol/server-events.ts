import type { EventEmitter } from 'node:events'

/** Sees an event before every listener. `proceed` hands it to them; an event that is kept back must return true. */
export type EventGate = (event: string | symbol, values: unknown[], proceed: () => boolean) => boolean

/**
 * Stands in front of all listeners of an emitter. Listeners of our own cannot do this job: one for `checkContinue`,
 * `checkExpectation`, `upgrade` or `connect` changes what node:http does, and none can hold back the others.
 *
 * @returns a function that takes the gate away again
 */
export function gateEvents(emitter: EventEmitter, gate: EventGate): () => void {
  const emit: (event: string | symbol, ...values: unknown[]) => boolean = emitter.emit.bind(emitter)
  const inherited = !Object.hasOwn(emitter, 'emit')
  const gated = (event: string | symbol, ...values: unknown[]): boolean =>
    gate(event, values, () => emit(event, ...values))
  emitter.emit = gated
  return () => {
    if (inherited) Reflect.deleteProperty(emitter, 'emit')
    else emitter.emit = emit
  }
}
