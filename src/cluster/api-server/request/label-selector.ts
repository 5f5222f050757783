import type { LabelSelector } from '../../../kube/index.ts'
import { badRequest } from '../api-error.ts'

type Labels = Readonly<Record<string, string>> | undefined

interface Requirement {
  readonly key: string
  readonly operator: 'exists' | 'absent' | 'in' | 'notin' | 'greater' | 'less'
  readonly values: ReadonlySet<string>
}

/** Which objects, by their labels. */
export interface LabelQuery {
  readonly isEmpty: boolean
  matches(labels: Labels): boolean
}

/**
 * Reads the query form: `app=web,tier!=db,env in (a, b),!canary`.
 * @throws ApiError 400 in the API server's words.
 */
export function parseLabelSelector(text: string): LabelQuery {
  const requirements = new Parser(text).requirements()
  return {
    isEmpty: requirements.length === 0,
    matches: (labels) => requirements.every((requirement) => meets(requirement, labels)),
  }
}

/** The query form of the selector of an object, sorted by key, as the API tells it. */
export function labelSelectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const parts = Object.entries(matchLabels).map(([key, value]) => ({ key, text: `${key}=${value}` }))
  for (const { key, operator, values = [] } of matchExpressions) {
    const list = `(${[...values].sort().join(',')})`
    const forms: Readonly<Record<string, string>> = {
      In: `${key} in ${list}`,
      NotIn: `${key} notin ${list}`,
      DoesNotExist: `!${key}`,
    }
    parts.push({ key, text: forms[operator] ?? key })
  }
  parts.sort((one, other) => (one.key < other.key ? -1 : 1))
  return parts.map(({ text }) => text).join(',')
}

function meets({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = labels?.[key]
  switch (operator) {
    case 'exists':
      return value !== undefined
    case 'absent':
      return value === undefined
    case 'in':
      return value !== undefined && values.has(value)
    case 'notin':
      return value === undefined || !values.has(value)
    case 'greater':
      return isInteger(value) && Number(value) > Number([...values][0])
    case 'less':
      return isInteger(value) && Number(value) < Number([...values][0])
  }
  return operator satisfies never
}

function isInteger(value: string | undefined): boolean {
  return value !== undefined && /^-?\d+$/.test(value)
}

const symbols = ['==', '!=', '=', '!', '(', ')', ',', '<', '>']
const binaryOperators = 'in, notin, =, ==, !=, gt, lt'

/** Tokens of a selector, one after another; an empty token is the end. */
class Parser {
  readonly #tokens: string[]
  #next = 0

  constructor(text: string) {
    this.#tokens = text.match(/==|!=|[=!(),<>]|[^\s=!(),<>]+/g) ?? []
  }

  requirements(): Requirement[] {
    const found: Requirement[] = []
    if (this.#peek() === '') return found
    for (;;) {
      found.push(this.#requirement())
      const separator = this.#take()
      if (separator === '') return found
      if (separator !== ',') throw badRequest(`found '${separator}', expected: ',' or 'end of string'`)
      const after = this.#peek()
      if (after !== '!' && !isWord(after)) throw badRequest(`found '${after}', expected: identifier after ','`)
    }
  }

  #requirement(): Requirement {
    const isNegated = this.#peek() === '!'
    if (isNegated) this.#next++
    const key = this.#take()
    if (!isWord(key)) {
      if (isNegated) throw unparsable(`found '${key}', expected: identifier`)
      throw badRequest(`found '${key}', expected: !, identifier, or 'end of string'`)
    }
    if (isNegated) return { key, operator: 'absent', values: new Set() }
    const following = this.#peek()
    if (following === '' || following === ',') return { key, operator: 'exists', values: new Set() }
    const operator = this.#take()
    switch (operator) {
      case '=':
      case '==':
        return { key, operator: 'in', values: new Set([this.#value()]) }
      case '!=':
        return { key, operator: 'notin', values: new Set([this.#value()]) }
      case '>':
      case '<': {
        const operand = this.#value()
        if (!/^-?\d+$/.test(operand)) {
          const why = `for 'Gt', 'Lt' operators, the value must be an integer`
          throw unparsable(`values[0][${key}]: Invalid value: "${operand}": ${why}`)
        }
        return { key, operator: operator === '>' ? 'greater' : 'less', values: new Set([operand]) }
      }
      case 'in':
      case 'notin':
        return { key, operator, values: this.#values() }
      default:
        throw unparsable(`found '${operator}', expected: ${binaryOperators}`)
    }
  }

  /** What follows `=`; nothing is the empty value. */
  #value(): string {
    const next = this.#peek()
    if (next === '' || next === ',') return ''
    if (!isWord(next)) throw unparsable(`found '${next}', expected: identifier`)
    return this.#take()
  }

  #values(): Set<string> {
    const open = this.#take()
    if (open !== '(') throw unparsable(`found '${open}' expected: '('`)
    const values = new Set<string>()
    for (;;) {
      if (this.#peek() === ')') {
        if (values.size === 0) values.add('')
        this.#next++
        return values
      }
      values.add(isWord(this.#peek()) ? this.#take() : '')
      const after = this.#take()
      if (after === ')') return values
      if (after !== ',') throw unparsable(`found '${after}', expected: ',' or ')'`)
    }
  }

  #peek(): string {
    return this.#tokens[this.#next] ?? ''
  }

  #take(): string {
    return this.#tokens[this.#next++] ?? ''
  }
}

function isWord(token: string): boolean {
  return token !== '' && !symbols.includes(token)
}

function unparsable(why: string): Error {
  return badRequest(`unable to parse requirement: ${why}`)
}
