/** What a query is about. The names are of Kubernetes. */
export interface Subject {
  readonly namespace: string
  readonly service: string
  readonly workload: string
}

/** The two questions of a reading, as templates. */
export interface Queries {
  readonly requests: string
  readonly errors: string
}

/** The template, or a name in it, cannot be used. Its message quotes the template's own words at most. */
export class QueryError extends Error {
  override readonly name = 'QueryError'
}

/** A template that was judged: it takes the subject and the span, and gives PromQL of the same shape, whatever they are. */
export type Compiled = (subject: Subject, rangeSeconds: number) => string

type Part = string | { readonly name: keyof Subject; readonly pattern: boolean } | 'range'[]

const names: readonly string[] = ['namespace', 'service', 'workload'] satisfies (keyof Subject)[]
const token =
  /(?<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?<raw>`)|(?<comment>#)|(?<variable>\$\{?[A-Za-z_]*)|(?<open>["'])|[^"'`#$]/gsu
const variable = /\$(\{|[A-Za-z]+)/g
const longest = 4096

/**
 * Judges a template once. `$namespace`, `$service` and `$workload` may stand only within the quoted value of a label
 * matcher, `$range` only as a whole range, `[$range]`, or after `offset`. A dollar sign before anything but a letter or a
 * brace, as in the pattern `5..$`, means itself within quotes.
 * @throws QueryError
 */
export function compile(template: string): Compiled {
  if (template.length > longest) throw new QueryError(`a query has at most ${longest} characters`)
  const parts: Part[] = []
  let before = ''
  let braces = 0
  for (const { 0: found, groups = {}, index } of template.matchAll(token)) {
    const { text, raw, comment, variable: name, open } = groups
    if (raw !== undefined) throw new QueryError('a query may not contain backticks: use double quotes')
    if (comment !== undefined) throw new QueryError('a query may not contain comments')
    if (open !== undefined) throw new QueryError('a quoted text is not closed')
    if (name !== undefined) {
      if (name !== '$range') throw new QueryError(outside(name))
      if (!isRangePlace(before, template.slice(index + name.length))) {
        throw new QueryError('$range may stand only in brackets, as in [$range], or after offset')
      }
      parts.push(['range'])
    } else if (text === undefined) {
      braces += found === '{' ? 1 : found === '}' ? -1 : 0
      parts.push(found)
    } else {
      const matcher = braces > 0 ? /(?:=~|!~|!=|=)$/.exec(before.trimEnd().slice(-2))?.[0] : undefined
      parts.push(...textParts(text, matcher))
    }
    before += found
  }
  return (subject, rangeSeconds) => render(parts, checked(subject), rangeSeconds)
}

function outside(name: string): string {
  if (name === '$') return 'a dollar sign may stand only within quotes'
  return names.includes(name.slice(1))
    ? `${name} may stand only within the quoted value of a label, as in {label="${name}"}`
    : unknownName(name)
}

function unknownName(name: string): string {
  const braces = name.startsWith('${') ? ', without braces' : ''
  return `there is no variable ${name.slice(0, 40)}: the variables are $namespace, $service, $workload and $range${braces}`
}

function isRangePlace(before: string, after: string): boolean {
  const nearest = before.trimEnd().slice(-8)
  if (nearest.endsWith('[')) return /^[\]:]/.test(after.trimStart())
  return /(?:^|\W)offset$/.test(nearest) && /\s$/.test(before) && !/^[\w.]/.test(after)
}

/** A quoted text: its plain parts, and the variables in it. */
function textParts(text: string, matcher: string | undefined): Part[] {
  const parts: Part[] = []
  let end = 0
  for (const { 0: found, 1: name = '', index } of text.matchAll(variable)) {
    if (!names.includes(name)) {
      throw new QueryError(name === 'range' ? '$range may not stand within quotes' : unknownName(found))
    }
    if (matcher === undefined) throw new QueryError(outside(found))
    if (/(?:^|[^\\])(?:\\\\)*\\$/.test(text.slice(0, index)))
      throw new QueryError(`${found} may not follow a backslash`)
    parts.push(text.slice(end, index), { name: name as keyof Subject, pattern: matcher.endsWith('~') })
    end = index + found.length
  }
  return [...parts, text.slice(end)]
}

/** No name of Kubernetes has a character that ends a quoted text; a dot is the only one with a meaning in a pattern. */
function render(parts: readonly Part[], subject: Subject, rangeSeconds: number): string {
  if (!Number.isSafeInteger(rangeSeconds) || rangeSeconds < 1)
    throw new QueryError('a range is whole seconds, at least 1')
  return parts
    .map((part) => {
      if (typeof part === 'string') return part
      if (Array.isArray(part)) return `${rangeSeconds}s`
      const value = subject[part.name]
      return part.pattern ? value.replaceAll('.', String.raw`\\.`) : value
    })
    .join('')
}

const dnsLabel = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/
const dnsSubdomain = /^(?=.{1,253}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/

function checked(subject: Subject): Subject {
  const rules = { namespace: dnsLabel, service: dnsLabel, workload: dnsSubdomain }
  for (const [name, rule] of Object.entries(rules)) {
    if (!rule.test(subject[name as keyof Subject])) throw new QueryError(`$${name} is not a name of Kubernetes`)
  }
  return subject
}
