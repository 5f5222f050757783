import { Duration } from '@marcbachmann/cel-js/evaluator'
import { type Fields, isFields } from '../json.ts'
import type { Schema } from '../schema.ts'

/** A JSON value as rules see it: whole numbers, times and durations have types of their own, which the schema tells. */
export function toCel(value: unknown, schema: Schema): unknown {
  if (typeof value === 'number') return schema.type === 'number' || !Number.isInteger(value) ? value : BigInt(value)
  if (typeof value === 'string') return ofFormat(value, schema.format)
  if (Array.isArray(value)) return value.map((item) => toCel(item, schema.items ?? {}))
  if (!isFields(value)) return value
  return ofFields(value, schema)
}

function ofFields(fields: Fields, { properties, additionalProperties }: Schema): Fields {
  const values = typeof additionalProperties === 'object' ? additionalProperties : {}
  return Object.fromEntries(
    Object.entries(fields).map(([name, child]) => {
      const property = properties?.[name]
      return property === undefined ? [name, toCel(child, values)] : [escapeName(name), toCel(child, property)]
    }),
  )
}

function ofFormat(text: string, format: string | undefined): unknown {
  if (format === 'date' || format === 'date-time') return new Date(text)
  if (format === 'byte') return new Uint8Array(Buffer.from(text, 'base64'))
  return format === 'duration' ? durationOf(text) : text
}

const unitNanoseconds: Readonly<Record<string, number>> = {
  h: 3_600e9,
  m: 60e9,
  s: 1e9,
  ms: 1e6,
  us: 1e3,
  µs: 1e3,
  ns: 1,
}

function durationOf(text: string): Duration {
  const parts = text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(h|ms|m|s|us|µs|ns)/g)
  const nanoseconds = [...parts].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (unitNanoseconds[unit ?? ''] ?? 0),
    0,
  )
  const total = BigInt(Math.round(nanoseconds)) * (text.startsWith('-') ? -1n : 1n)
  return new Duration(total / 1_000_000_000n, Number(total % 1_000_000_000n))
}

const words = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)
const signs: Readonly<Record<string, string>> = { '.': '__dot__', '-': '__dash__', '/': '__slash__' }

/** The name by which rules know a property whose own name is no identifier. */
function escapeName(name: string): string {
  if (words.has(name)) return `__${name}__`
  return name.replaceAll('__', '__underscores__').replace(/[.\-/]/g, (sign) => signs[sign] ?? sign)
}
