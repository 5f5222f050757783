import type { Lived } from '../run/history.ts'

/** What must hold after every history. */
export interface Rule {
  name: string
  /** One sentence that completes "It must hold that ...". */
  claim: string
  /**
   * Each way in which it does not hold, in words. `reference` is the same history without faults, `abandoned` the one in
   * which the operator dies for good.
   */
  check: (lived: Lived, reference: Lived | undefined, abandoned: Lived | undefined) => string[]
}

export interface Violation {
  rule: string
  message: string
}
