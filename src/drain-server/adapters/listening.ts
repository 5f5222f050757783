import { AsyncLocalStorage } from 'node:async_hooks'
import { Server } from 'node:net'

/** Is given each server that is about to listen. */
export type ListenObserver = (server: Server) => void

const observers = new Set<ListenObserver>()
const within = new AsyncLocalStorage<ListenObserver>()

/**
 * Calls back for every server of this process when its listen() is called, before it can accept a connection.
 * @returns a function that stops it
 */
export function observeListen(observer: ListenObserver): () => void {
  gateListen()
  observers.add(observer)
  return () => observers.delete(observer)
}

/** Runs the work, and calls back for every server whose listen() is called by it, now or later. */
export function observeListenWithin<Result>(observer: ListenObserver, work: () => Result): Result {
  gateListen()
  return within.run(observer, work)
}

let gated = false

/** Stands in front of listen() of all servers, for good: once for a process, however many observers there are. */
function gateListen(): void {
  if (gated) return
  gated = true
  const listen = Reflect.get(Server.prototype, 'listen') as (this: Server, ...values: unknown[]) => Server
  Server.prototype.listen = function listenGated(this: Server, ...values: unknown[]) {
    within.getStore()?.(this)
    for (const observer of observers) observer(this)
    return listen.apply(this, values)
  }
}
