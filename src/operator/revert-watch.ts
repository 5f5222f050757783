import type { ContractField } from '../contract/index.ts'

const patienceWrites = 3
const rememberMs = 60 * 60 * 1000

interface Writes {
  fields: readonly ContractField[]
  count: number
  lastMs: number
}

/**
 * Notices that what we wrote is taken away again and again: somebody puts the old values back. Every such round is a
 * rollout, so after three of them, each within an hour of the one before, we stop. Status tells of that, and keeps it for
 * every process that leads later: it ends when the policy is changed.
 */
export class RevertWatch {
  readonly #writes = new Map<string, Writes>()
  readonly #monotonicMs: () => number

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs
  }

  /**
   * A write that succeeded. `held` are the fields that were ours just before it: a contract that changes while we hold
   * its fields is no sign of anybody else.
   */
  wrote(deploymentUid: string, fields: readonly ContractField[], held: readonly ContractField[]): void {
    const known = this.#recent(deploymentUid)
    const takenAway = known?.fields.some((field) => !held.includes(field)) === true
    const count = takenAway ? known.count + 1 : 1
    this.#writes.set(deploymentUid, { fields, count, lastMs: this.#monotonicMs() })
  }

  /** The fields that keep being put back; undefined while there is no reason to think so. */
  reverted(deploymentUid: string): readonly ContractField[] | undefined {
    const known = this.#recent(deploymentUid)
    if (known === undefined || known.count < patienceWrites) return undefined
    return known.fields
  }

  /** What we gave back ourselves, or what is gone, nobody put back; and what a new policy asks for is tried anew. */
  forget(deploymentUid: string): void {
    this.#writes.delete(deploymentUid)
  }

  #recent(deploymentUid: string): Writes | undefined {
    const known = this.#writes.get(deploymentUid)
    if (known !== undefined && this.#monotonicMs() - known.lastMs > rememberMs) this.#writes.delete(deploymentUid)
    return this.#writes.get(deploymentUid)
  }
}
