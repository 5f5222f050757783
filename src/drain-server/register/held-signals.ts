import { gateEvents } from '../protocol/server-events.ts'
import type { Surroundings } from '../surroundings.ts'

/** The least that the application's own listeners get, however late the drain ended. */
const leastLeaveMs = 500

/**
 * Keeps signals from the application's own listeners, which would close and exit in the middle of the drain, until the
 * drain is over. They then have what is left until the deadline to exit in their own way.
 */
export class HeldSignals {
  /** What the process's drain is given: signals come to it alone, and its exit lets the application's listeners run. */
  readonly surroundings: Surroundings
  /** Milliseconds that are left to the application when the drain has ended. */
  leaveWithinMs = leastLeaveMs
  readonly #process: NodeJS.Process
  readonly #exit: Surroundings['exit']
  readonly #listeners = new Map<string | symbol, Set<() => void>>()
  readonly #held: { signal: NodeJS.Signals; proceed: () => boolean }[] = []
  #leaving: number | undefined

  constructor(process: NodeJS.Process, surroundings: Surroundings) {
    this.#process = process
    this.#exit = surroundings.exit.bind(surroundings)
    this.surroundings = {
      ...surroundings,
      // A worker of a cluster is told by its primary; a signal that reaches it, too, was sent to the whole group.
      onSignal: (signal, listener) => this.#listen(signal, surroundings.coordinator === undefined ? listener : ignore),
      exit: (code) => this.#leave(code),
    }
    gateEvents(process, (event, values, handOn) => {
      const listeners = this.#listeners.get(event)
      if (listeners === undefined) return undefined
      this.#hold(event as NodeJS.Signals, listeners, () => handOn(event, values))
      return true
    })
    renewListeners(process)
  }

  #listen(signal: NodeJS.Signals, listener: () => void): () => void {
    const listeners = this.#listeners.get(signal) ?? new Set()
    this.#listeners.set(signal, listeners.add(listener))
    this.#process.on(signal, holdProcess)
    return () => {
      listeners.delete(listener)
      if (listeners.size > 0) return
      this.#listeners.delete(signal)
      this.#process.off(signal, holdProcess)
    }
  }

  #hold(signal: NodeJS.Signals, listeners: Set<() => void>, proceed: () => boolean): void {
    if (this.#leaving !== undefined) {
      this.#exit(this.#leaving)
      return
    }
    this.#held.push({ signal, proceed })
    for (const listener of listeners) listener()
  }

  /** The drain is over. A second signal has asked for an end at once; else the application's own listeners run. */
  #leave(code: number): void {
    const [first, second] = this.#held
    const listened = first !== undefined && this.#process.listeners(first.signal).some((one) => one !== holdProcess)
    if (!listened || second !== undefined) {
      this.#exit(code)
      return
    }
    this.#leaving = code
    this.#process.exitCode = code
    // It holds nothing: an application that only closes what it has may end by having nothing left to do.
    setTimeout(() => this.#exit(code), Math.max(leastLeaveMs, this.leaveWithinMs)).unref()
    first.proceed()
  }
}

const ignore = (): void => undefined

/** Keeps Node from ending the process, as a signal without a listener does. It is the gate that tells the drain. */
const holdProcess = (): void => undefined

/** Node binds `emit` when a signal gets its first listener: those that were there before the gate go through it now. */
function renewListeners(process: NodeJS.Process): void {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const) {
    const listeners = process.rawListeners(signal) as (() => void)[]
    process.removeAllListeners(signal)
    for (const listener of listeners) process.on(signal, listener)
  }
}
