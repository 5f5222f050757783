import { type KubeApi, type KubeObject, type LabelSelector, podDisruptionBudgets, selects } from '../../kube/index.ts'

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
    .filter(({ spec }) => selects(spec?.selector, podLabels))
    // One that its controller has not looked at yet allows nothing.
    .map(({ status }) => status?.disruptionsAllowed ?? 0)
  return allowed.length === 0 ? undefined : Math.min(...allowed)
}
