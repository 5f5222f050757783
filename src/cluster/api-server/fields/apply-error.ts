import type { PathElement } from './field-set.ts'

/** One field that an apply would take from somebody else. */
export interface FieldConflict {
  /** `"kubectl-client-side-apply" using apps/v1` */
  readonly manager: string
  /** `.spec.template.spec.containers[name="app"].image` */
  readonly field: string
  readonly path: readonly PathElement[]
}

/** An apply without force that would change fields of others: 409, reason Conflict, causes FieldManagerConflict. */
export class ApplyConflict extends Error {
  override readonly name = 'ApplyConflict'
  readonly conflicts: readonly FieldConflict[]
  /** For `details.causes`. */
  readonly causes: readonly {
    readonly reason: 'FieldManagerConflict'
    readonly message: string
    readonly field: string
  }[]

  constructor(conflicts: readonly FieldConflict[]) {
    super(messageOf(conflicts))
    this.conflicts = conflicts
    this.causes = conflicts.map(({ manager, field }) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${manager}`,
      field,
    }))
  }
}

/** An apply that can never succeed: 400 with BadRequest, or 500 where the API server cannot make sense of the fields. */
export class ApplyRefused extends Error {
  override readonly name = 'ApplyRefused'
  readonly status: 400 | 500

  constructor(status: 400 | 500, message: string) {
    super(message)
    this.status = status
  }
}

function messageOf(conflicts: readonly FieldConflict[]): string {
  const [first] = conflicts
  if (conflicts.length === 1 && first !== undefined) {
    return `Apply failed with 1 conflict: conflict with ${first.manager}: ${first.field}`
  }
  const lines = [...Map.groupBy(conflicts, ({ manager }) => manager)].flatMap(([manager, theirs]) => [
    `conflicts with ${manager}:`,
    ...theirs.map(({ field }) => `- ${field}`),
  ])
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`
}
