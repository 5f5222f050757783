import { type GroupMember, groupRuleDefaults, groupTurns, type PaceRecord } from '../../pacing/index.ts'

/** A place in a group, as the record keeps it. */
export type Place = NonNullable<PaceRecord['group']>

export interface Asking {
  /** namespace/group: a group never reaches into another namespace. */
  group: string
  /** policy uid/Deployment uid. */
  key: string
  budget: number
  /** What the record of this one says. */
  recorded: Place | undefined
  /** The other members of the group, by key, with the place that they have in their record, if any. */
  others: ReadonlyMap<string, Place | undefined>
  nowMs: number
}

/**
 * Who may roll in each rolloutGroup. Places are in the records of the policies; those that were given a moment ago, and
 * that no cache shows yet, are here, so that two reconciles at a time do not give the same place twice.
 */
export class RolloutGroups {
  /** Undefined: given back, though the record may still show it. */
  readonly #given = new Map<string, Map<string, Place | undefined>>()

  /** The place of a rollout, with `admittedMs` when it is its turn. */
  ask({ group, key, budget, recorded, others, nowMs }: Asking): Place {
    const given = this.#given.get(group) ?? new Map<string, Place | undefined>()
    this.#given.set(group, given)
    // A member that no policy has any more is gone.
    for (const known of given.keys()) if (known !== key && !others.has(known)) given.delete(known)
    const own: Place = (given.has(key) ? given.get(key) : recorded) ?? { waitingSinceMs: nowMs }
    const all = new Map([...others, ...given, [key, own]])
    // Whoever is in the list is led by this very process: it is alive.
    const members = [...all].flatMap(([each, place]): GroupMember[] =>
      place === undefined ? [] : [{ key: each, ...place, renewedMs: nowMs }],
    )
    const turns = groupTurns(members, { ...groupRuleDefaults, budget }, nowMs)
    const place = turns.has(key) && own.admittedMs === undefined ? { ...own, admittedMs: nowMs } : own
    given.set(key, place)
    return place
  }

  /** The rollout is over. Whoever waits may ask at once, before a record shows it. @returns whether it had a place */
  leave(group: string, key: string): boolean {
    const given = this.#given.get(group)
    if (given?.get(key) === undefined) return false
    given.set(key, undefined)
    return true
  }

  /** It is a member of no group any more. */
  forget(key: string): void {
    for (const [group, given] of this.#given) if (given.delete(key) && given.size === 0) this.#given.delete(group)
  }
}
