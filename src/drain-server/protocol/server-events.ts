import type { EventEmitter } from 'node:events'

/** Hands an event to the listeners, now or later. One function for all events: a gate stands in the way of every request. */
export type HandOn = (event: string | symbol, values: unknown[]) => boolean

/**
 * Sees an event before every listener. With undefined the event goes on to them. Any other value is what emit() returns:
 * the gate has kept the event back, or has handed it on itself.
 */
export type EventGate = (event: string | symbol, values: unknown[], handOn: HandOn) => boolean | undefined

/**
 * Stands in front of all listeners of an emitter. Listeners of our own cannot do this job: one for `checkContinue`,
 * `checkExpectation`, `upgrade` or `connect` changes what node:http does, and none can hold back the others.
 *
 * @returns a function that takes the gate away again
 */
export function gateEvents(emitter: EventEmitter, gate: EventGate): () => void {
  const emit = Reflect.get(emitter, 'emit') as (
    this: EventEmitter,
    event: string | symbol,
    ...values: unknown[]
  ) => boolean
  const inherited = !Object.hasOwn(emitter, 'emit')
  const handOn: HandOn = (event, values) => emit.call(emitter, event, ...values)
  emitter.emit = (event: string | symbol, ...values: unknown[]): boolean =>
    gate(event, values, handOn) ?? handOn(event, values)
  return () => {
    if (inherited) Reflect.deleteProperty(emitter, 'emit')
    else emitter.emit = emit
  }
}
