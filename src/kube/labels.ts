/** A selector of labels as objects state it. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly LabelRequirement[]
}

export interface LabelRequirement {
  readonly key: string
  readonly operator: string
  readonly values?: readonly string[]
}

type Labels = Readonly<Record<string, string>> | undefined

/**
 * Whether a label selector selects these labels. An empty selector selects everything, an absent one nothing, and so
 * does one with an operator that nobody knows (the API server takes none).
 */
export function selects(selector: LabelSelector | null | undefined, labels: Labels): boolean {
  if (selector === undefined || selector === null) return false
  return (
    hasLabels(selector.matchLabels ?? {}, labels) &&
    (selector.matchExpressions ?? []).every((requirement) => meets(requirement, labels))
  )
}

/** Whether `labels` has all of `wanted`: the selector of a Service, and a node selector. */
export function hasLabels(wanted: Readonly<Record<string, string>>, labels: Labels): boolean {
  for (const [key, value] of Object.entries(wanted)) if (labels?.[key] !== value) return false
  return true
}

function meets({ key, operator, values = [] }: LabelRequirement, labels: Labels): boolean {
  const value = labels?.[key]
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
      return false
  }
}
