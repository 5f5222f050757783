/** One rollout that shares a budget with others: a member of a rolloutGroup that rolls, or wants to. */
export interface GroupMember {
  /** The same in every list, for example namespace/policy/Deployment. */
  readonly key: string
  /** Since when it wants to roll. */
  readonly waitingSinceMs: number
  /** Since when it rolls: it has a place. */
  readonly admittedMs?: number
  /** When its operator last said so. */
  readonly renewedMs: number
}

export interface GroupRules {
  /** How many may roll at once. @default 1 */
  readonly budget: number
  /** A member that was not renewed for this long is dead: nobody waits for it. */
  readonly leaseMs: number
  /** A rollout that has had its place for this long, a paused one for example, goes on without one. */
  readonly placeMs: number
}

export const groupRuleDefaults: GroupRules = { budget: 1, leaseMs: 2 * 60_000, placeMs: 60 * 60_000 }

/**
 * Who may roll now. Whoever has a place keeps it; free places go to those who wait longest, and by key where that is
 * equal, so that every reader of the same list says the same. A rollout that is over is not in the list.
 */
export function groupTurns(members: readonly GroupMember[], rules: GroupRules, nowMs: number): ReadonlySet<string> {
  const budget = Math.max(1, Math.trunc(rules.budget))
  const alive = members.filter(({ renewedMs }) => nowMs - renewedMs < rules.leaseMs)
  const admitted = alive.filter(({ admittedMs }) => admittedMs !== undefined)
  const holding = admitted.filter(({ admittedMs = 0 }) => nowMs - admittedMs < rules.placeMs)
  const next = alive
    .filter(({ admittedMs }) => admittedMs === undefined)
    .toSorted((a, b) => a.waitingSinceMs - b.waitingSinceMs || (a.key < b.key ? -1 : 1))
    .slice(0, Math.max(0, budget - holding.length))
  return new Set([...admitted, ...next].map(({ key }) => key))
}
