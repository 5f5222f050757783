import type { RawDeployment } from './raw.ts'

/** What somebody can mean of the pace of rollouts, and state in a manifest. */
export const paceIntents = ['minReadySeconds', 'progressDeadlineSeconds', 'maxSurge', 'maxUnavailable'] as const
export type PaceIntent = (typeof paceIntents)[number]

/** What somebody can mean of a Deployment, apart from the image. */
export type IntendedField = 'gracePeriod' | 'preStop' | 'paused' | PaceIntent

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

  /** Whether anybody means anything in the pod template of this Deployment. */
  has(uid: string): boolean {
    const fields = this.#stated.get(uid)
    return (['gracePeriod', 'preStop'] as const).some((field) => (fields?.get(field)?.size ?? 0) > 0)
  }

  /** The intended fields that a write replaced, each in words. */
  brokenBy(before: RawDeployment, after: RawDeployment): { field: IntendedField; text: string }[] {
    const fields = this.#stated.get(before.metadata.uid ?? '')
    return [...(fields ?? [])].flatMap(([field, values]) => {
      const was = JSON.stringify(valueOf(before, field))
      const is = JSON.stringify(valueOf(after, field))
      return [...values].flatMap(([who, value]) =>
        value === was && was !== is ? [{ field, text: `${field} ${value}, which ${who} wrote, became ${is}` }] : [],
      )
    })
  }
}

export function valueOf({ spec }: RawDeployment, field: IntendedField): unknown {
  const podSpec = spec.template.spec
  if (field === 'gracePeriod') return podSpec.terminationGracePeriodSeconds
  if (field !== 'preStop') return paceValue(spec, field)
  return podSpec.containers.find(({ name }) => name === 'app')?.lifecycle?.preStop
}

/** As the API server has it, with its defaults. */
export function paceValue(spec: RawDeployment['spec'], field: 'paused' | PaceIntent): boolean | number | string {
  if (field === 'paused') return spec.paused ?? false
  if (field === 'minReadySeconds') return spec.minReadySeconds ?? 0
  if (field === 'progressDeadlineSeconds') return spec.progressDeadlineSeconds ?? 600
  return spec.strategy?.rollingUpdate?.[field] ?? '25%'
}
