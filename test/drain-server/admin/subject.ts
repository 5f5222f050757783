import type { AdminSubject } from '../../../src/drain-server/admin/routes.ts'
import type { ContractTerms } from '../../../src/drain-server/process/contract.ts'

/** A process that serves, and keeps the terms of the drain that it was asked for. */
export class ServingProcess implements AdminSubject {
  readonly started = true
  readonly report = undefined
  state: AdminSubject['state'] = 'serving'
  terms: ContractTerms | undefined

  drainByHook(terms: ContractTerms): boolean {
    if (this.state !== 'serving') return false
    this.terms = terms
    this.state = 'converging'
    return true
  }

  metrics(): string {
    return 'figures 1\n'
  }
}
