import type { FieldConflict } from './apply-error.ts'
import type { Comparison } from './compare.ts'
import { byText, type Owner, type Owners } from './managers.ts'
import { formatPath } from './shape.ts'

/** What others own of that which somebody is about to change. To remove what others own is no conflict. */
export function conflictsOf(owners: Owners, { added, modified }: Comparison, self: string): FieldConflict[] {
  const changed = added.union(modified)
  return [...owners]
    .filter(([key]) => key !== self)
    .sort(([a], [b]) => byText(a, b))
    .flatMap(([, owner]) =>
      [...owner.set.intersection(changed).paths()].map((path) => ({
        manager: formatOwner(owner),
        field: formatPath(path),
        path,
      })),
    )
}

/** `"kubectl-client-side-apply" using apps/v1` */
function formatOwner({ manager, operation, apiVersion, subresource }: Owner): string {
  const through = subresource === undefined || subresource === '' ? '' : ` with subresource "${subresource}"`
  return `${JSON.stringify(manager)}${through}${operation === 'Update' ? ` using ${apiVersion}` : ''}`
}
