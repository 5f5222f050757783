import type { RawDeployment } from './raw.ts'

/** What somebody can mean of a pod template, apart from the image. */
export type IntendedField = 'gracePeriod' | 'preStop'

/**
 * What people have written into Deployments themselves, and mean: drainkeeper may never replace it. Kept by whoever
 * simulates the people, not read from managed fields.
 */
export class Intentions {
  /** Deployment uid -> field -> who -> value. */
  readonly #stated = new Map<string, Map<IntendedField, Map<string, string>>>()

  state(uid: string, field: IntendedField, who: string, value: unknown): void {
    const fields = this.#stated.get(uid) ?? new Map<IntendedField, Map<string, string>>()
    this.#stated.set(uid, fields)
    const values = fields.get(field) ?? new Map<string, string>()
    fields.set(field, values)
    if (value === undefined) values.delete(who)
    else values.set(who, JSON.stringify(value))
  }

  /** Whether anybody means anything in this Deployment. */
  has(uid: string): boolean {
    return [...(this.#stated.get(uid)?.values() ?? [])].some((values) => values.size > 0)
  }

  /** The intended fields that a write replaced, in words. */
  brokenBy(before: RawDeployment, after: RawDeployment): string[] {
    const fields = this.#stated.get(before.metadata.uid ?? '')
    return [...(fields ?? [])].flatMap(([field, values]) => {
      const was = JSON.stringify(valueOf(before, field))
      const is = JSON.stringify(valueOf(after, field))
      return [...values].flatMap(([who, value]) =>
        value === was && was !== is ? [`${field} ${value}, which ${who} wrote, became ${is}`] : [],
      )
    })
  }
}

export function valueOf({ spec }: RawDeployment, field: IntendedField): unknown {
  const podSpec = spec.template.spec
  if (field === 'gracePeriod') return podSpec.terminationGracePeriodSeconds
  return podSpec.containers.find(({ name }) => name === 'app')?.lifecycle?.preStop
}
