import { type KubeApi, type KubeObject, podDisruptionBudgets } from '../../kube/index.ts'

/** A selector of labels, as the API has it. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly {
    readonly key: string
    readonly operator: string
    readonly values?: readonly string[]
  }[]
}

interface DisruptionBudget extends KubeObject {
  readonly spec?: { readonly selector?: LabelSelector | null }
  readonly status?: { readonly disruptionsAllowed?: number }
}

/** How many of these pods may be disrupted now, by the strictest budget that selects them; undefined without any. */
export async function leastDisruptionsAllowed(
  api: Pick<KubeApi, 'list'>,
  namespace: string,
  podLabels: Readonly<Record<string, string>>,
): Promise<number | undefined> {
  const { items } = await api.list<DisruptionBudget>(podDisruptionBudgets, { namespace })
  const allowed = items
    .filter(({ spec }) => selectsPods(spec?.selector, podLabels))
    // One that its controller has not looked at yet allows nothing.
    .map(({ status }) => status?.disruptionsAllowed ?? 0)
  return allowed.length === 0 ? undefined : Math.min(...allowed)
}

/** As policy/v1 has it: an empty selector selects every pod of the namespace, and none at all selects none. */
export function selectsPods(
  selector: LabelSelector | null | undefined,
  labels: Readonly<Record<string, string>>,
): boolean {
  if (selector === undefined || selector === null) return false
  const { matchLabels = {}, matchExpressions = [] } = selector
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key]
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value)
        case 'NotIn':
          return value === undefined || !values.includes(value)
        case 'Exists':
          return value !== undefined
        case 'DoesNotExist':
          return value === undefined
        default:
          // An operator of a later version: a budget too many is on the safe side.
          return true
      }
    })
  )
}
