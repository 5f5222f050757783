import { byText, type Owner, ownerKey, type Owners, secondsOf } from './managers.ts'

const maximum = 10
const bucketName = 'ancient-changes'

/** At most ten owners by update: the oldest beyond them are merged into one, for each version. */
export function capUpdateOwners(owners: Owners): Owners {
  const updates = [...owners]
    .filter(([, { operation }]) => operation === 'Update')
    .sort(([a, one], [b, other]) => secondsOf(one) - secondsOf(other) || byText(a, b))
  if (updates.length <= maximum) return owners
  const left: Owners = new Map(owners)
  /** The oldest of each version: it becomes the bucket once a second one is there to be merged with it. */
  const oldest = new Map<string, { key: string; owner: Owner }>()
  let count = updates.length
  for (const [key, owner] of updates) {
    if (count <= maximum) break
    const first = oldest.get(owner.apiVersion)
    if (first === undefined) {
      oldest.set(owner.apiVersion, { key, owner })
      continue
    }
    const bucket = { manager: bucketName, operation: 'Update' as const, apiVersion: owner.apiVersion }
    const merged = left.get(ownerKey(bucket)) ?? first.owner
    left.delete(first.key)
    left.delete(key)
    left.set(ownerKey(bucket), { ...bucket, time: owner.time, set: merged.set.union(owner.set) })
    count--
  }
  return left
}
