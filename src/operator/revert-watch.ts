import type { ContractField } from '../contract/index.ts'

const patienceWrites = 3
const rememberMs = 60 * 60 * 1000

interface Writes {
  signature: string
  fields: readonly ContractField[]
  count: number
  lastMs: number
}

/**
 * Notices that the very same contract had to be written again and again: somebody puts the old values back. Every such
 * round is a rollout, so after three of them in an hour we stop, and the fields count as somebody's intention.
 */
export class RevertWatch {
  readonly #writes = new Map<string, Writes>()
  readonly #monotonicMs: () => number

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs
  }

  /** A write that succeeded. */
  wrote(deploymentUid: string, signature: string, fields: readonly ContractField[]): void {
    const known = this.#recent(deploymentUid)
    const again = known?.signature === signature
    this.#writes.set(deploymentUid, {
      signature,
      fields,
      count: again ? known.count + 1 : 1,
      lastMs: this.#monotonicMs(),
    })
  }

  /** The fields that keep being put back; undefined while there is no reason to think so. */
  reverted(deploymentUid: string): readonly ContractField[] | undefined {
    const known = this.#recent(deploymentUid)
    return known !== undefined && known.count >= patienceWrites ? known.fields : undefined
  }

  #recent(deploymentUid: string): Writes | undefined {
    const known = this.#writes.get(deploymentUid)
    if (known !== undefined && this.#monotonicMs() - known.lastMs > rememberMs) this.#writes.delete(deploymentUid)
    return this.#writes.get(deploymentUid)
  }
}
