import { Environment, Optional, type ParseResult } from '@marcbachmann/cel-js'
import { canonicalQuantity, quantityValue } from '../../../quantity.ts'

/**
 * The language of validation rules: CEL, with what of Kubernetes' own library is more than the package brings. What is
 * missing is listed among the limits of the cluster.
 */
const environment = new Environment({
  unlistedVariablesAreDyn: true,
  homogeneousAggregateLiterals: false,
  enableOptionalTypes: true,
})

type Values = readonly unknown[]
type Comparable = string | number | bigint

const firstMatch = (text: string, pattern: string): string => new RegExp(pattern, 'u').exec(text)?.[0] ?? ''
const allMatches = (text: string, pattern: string): string[] =>
  [...text.matchAll(new RegExp(pattern, 'gu'))].map(([match]) => match)
const least = (list: Values): unknown => list.reduce((a, b) => ((b as Comparable) < (a as Comparable) ? b : a))
const greatest = (list: Values): unknown => list.reduce((a, b) => ((b as Comparable) > (a as Comparable) ? b : a))
const isQuantity = (text: string): boolean => !Number.isNaN(quantityValue(text))
const urlOf = (text: string): URL | undefined => (URL.canParse(text) ? new URL(text) : undefined)

class Quantity {
  readonly text: string
  constructor(text: string) {
    if (!isQuantity(text))
      throw new Error(`quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`)
    this.text = String(canonicalQuantity(text))
  }
  get value(): number {
    return quantityValue(this.text)
  }
}

environment
  .registerFunction('string.find(string): string', firstMatch)
  .registerFunction('string.findAll(string): list<string>', allMatches)
  .registerFunction('string.charAt(int): string', (text: string, at: bigint) => text.charAt(Number(at)))
  .registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) =>
    text.replaceAll(from, () => to),
  )
  .registerFunction('list.isSorted(): bool', (list: Values) =>
    list.every((item, index) => index === 0 || (list[index - 1] as Comparable) <= (item as Comparable)),
  )
  .registerFunction('list.min(): dyn', least)
  .registerFunction('list.max(): dyn', greatest)
  .registerFunction('list.sum(): dyn', (list: readonly (number | bigint)[]) =>
    list.every((item) => typeof item === 'bigint')
      ? list.reduce((sum, item) => sum + item, 0n)
      : list.reduce<number>((sum, item) => sum + Number(item), 0),
  )
  .registerFunction('list.indexOf(dyn): int', (list: Values, item: unknown) => BigInt(list.indexOf(item)))
  .registerFunction('list.lastIndexOf(dyn): int', (list: Values, item: unknown) => BigInt(list.lastIndexOf(item)))
  .registerFunction('isURL(string): bool', (text: string) => urlOf(text) !== undefined)
  .registerType('Quantity', { ctor: Quantity })
  .registerFunction('isQuantity(string): bool', isQuantity)
  .registerFunction('quantity(string): Quantity', (text: string) => new Quantity(text))
  .registerFunction('Quantity.isGreaterThan(Quantity): bool', (a: Quantity, b: Quantity) => a.value > b.value)
  .registerFunction('Quantity.isLessThan(Quantity): bool', (a: Quantity, b: Quantity) => a.value < b.value)
  .registerFunction('Quantity.compareTo(Quantity): int', (a: Quantity, b: Quantity) =>
    BigInt(Math.sign(a.value - b.value)),
  )

const compiled = new Map<string, ParseResult | string>()

/** A compiled expression, or why it is none. Expressions are compiled once. */
export function compile(expression: string): ParseResult | string {
  const known = compiled.get(expression)
  if (known !== undefined) return known
  const result = attempt(expression)
  compiled.set(expression, result)
  return result
}

function attempt(expression: string): ParseResult | string {
  try {
    return environment.parse(expression)
  } catch (error) {
    return summaryOf(error)
  }
}

/** The first line of an error: the others show the expression. */
export function summaryOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
}

export function optional(value: unknown): Optional {
  return value === undefined ? Optional.none() : Optional.of(value)
}
