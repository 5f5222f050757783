type Step = (values: readonly unknown[]) => unknown[]

/**
 * A JSON path as printer columns use it: `.spec.name`, `.items[0]`, `.items[*].name`, `.labels['a.b']`,
 * `.status.conditions[?(@.type=="Ready")].status`. Whatever else there is selects nothing.
 */
export function readJsonPath(path: string): (object: object) => readonly unknown[] {
  const steps: Step[] = []
  const part =
    /\.([A-Za-z_][\w-]*|\*)|\[(\d+|-\d+|\*)\]|\[['"]([^'"]+)['"]\]|\[\?\(@\.([\w.]+)\s*(==|!=)\s*(?:"([^"]*)"|'([^']*)'|(\w+))\)\]/gy
  const text = path.startsWith('$') ? path.slice(1) : path
  let end = 0
  for (const match of text.matchAll(part)) {
    end = match.index + match[0].length
    steps.push(stepOf(match))
  }
  if (end !== text.length) return () => []
  return (object) => steps.reduce<readonly unknown[]>((values, step) => step(values), [object])
}

function stepOf([, name, index, quoted, field, operator, double, single, bare]: RegExpMatchArray): Step {
  if (field !== undefined) {
    const wanted = double ?? single ?? bare ?? ''
    const path = field.split('.')
    return (values) =>
      values
        .flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : []))
        .filter((item) => {
          const found = path.reduce<unknown>((from, key) => property(from, key), item)
          return (isScalar(found) && String(found) === wanted) === (operator === '==')
        })
  }
  if (name === '*' || index === '*') {
    return (values) => values.flatMap((value) => (isObject(value) ? Object.values(value) : []))
  }
  if (index !== undefined) {
    return (values) =>
      present(values.map((value) => (Array.isArray(value) ? (value.at(Number(index)) as unknown) : undefined)))
  }
  const key = name ?? quoted ?? ''
  return (values) => present(values.map((value) => property(value, key)))
}

function property(value: unknown, key: string): unknown {
  return isObject(value) && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

function present(values: readonly unknown[]): unknown[] {
  return values.filter((value) => value !== undefined)
}
