import type { DrainError } from '../errors.ts'
import type { Loss, Protocol } from './protocol.ts'

/**
 * The servers of one process, drained as one. A server that is adopted in the middle of a drain does at once what the
 * others were asked to do before.
 */
export class ProtocolGroup implements Protocol {
  readonly #members = new Set<Protocol>()
  #shedding = false
  #closing: Promise<unknown>[] | undefined
  #settling: { untilMs: number; waits: Promise<void>[] } | undefined

  add(member: Protocol): void {
    this.#members.add(member)
    if (this.#shedding) member.shed()
    if (this.#closing === undefined) return
    const closed = member.closeListener()
    this.#closing.push(closed)
    const settling = this.#settling
    settling?.waits.push(closed.then(() => member.settle(settling.untilMs)))
  }

  get loss(): Loss {
    const total: Loss = { connections: 0, requests: 0 }
    for (const { loss } of this.#members) {
      total.connections += loss.connections
      total.requests += loss.requests
    }
    return total
  }

  shed(): void {
    this.#shedding = true
    for (const member of this.#members) member.shed()
  }

  keep(): void {
    this.#shedding = false
    for (const member of this.#members) member.keep()
  }

  closeListener(): Promise<void> {
    this.#closing = [...this.#members].map((member) => member.closeListener())
    return allOf(this.#closing)
  }

  settle(untilMs: number): Promise<void> {
    const waits = [...this.#members].map((member) => member.settle(untilMs))
    this.#settling = { untilMs, waits }
    return allOf(waits)
  }

  abort(reason: DrainError): void {
    for (const member of this.#members) member.abort(reason)
  }

  force(): void {
    for (const member of this.#members) member.force()
  }

  release(): void {
    for (const member of this.#members) member.release()
  }
}

/** Like Promise.all, for a list that grows while it is waited for. */
async function allOf(promises: Promise<unknown>[]): Promise<void> {
  for (let index = 0; index < promises.length; index += 1) await promises[index]
}
