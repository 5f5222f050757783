import type { Happening, Plan } from '../plan/plan.ts'

/**
 * A smaller plan that still breaks: happenings are left out, by halves and then one by one, delays become zero and the
 * second process goes, for as long as `breaks` says so. At most `tries` histories are lived.
 */
export async function shrink(plan: Plan, breaks: (plan: Plan) => Promise<boolean>, tries = 150): Promise<Plan> {
  let left = tries
  let smallest = plan
  const attempt = async (candidate: Plan): Promise<boolean> => {
    if (left <= 0) return false
    left -= 1
    if (!(await breaks(candidate))) return false
    smallest = candidate
    return true
  }
  await attempt({ ...smallest, travelMs: 0, watchLagMs: 0 })
  await attempt({ ...smallest, replicas: Math.min(1, smallest.replicas) })
  for (let size = Math.ceil(smallest.happenings.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < smallest.happenings.length; ) {
      const happenings: Happening[] = smallest.happenings.filter((_, index) => index < from || index >= from + size)
      if (!(await attempt({ ...smallest, happenings }))) from += size
    }
  }
  await attempt({ ...smallest, travelMs: 0, watchLagMs: 0 })
  return smallest
}
