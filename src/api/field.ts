import { z } from 'zod'
import { durationPattern, parseDuration } from './duration.ts'

/** A rule that the API server itself evaluates, with the message that it answers. */
export interface CelRule<T> {
  rule: string
  message: string
  /** The same rule where there is no API server. Like `comparing`, it holds where a field is broken by itself. */
  holds: (value: T) => boolean
}

/** Adds rules to a schema: as refinements, and as CEL that passes through the generator into the CRD. */
export function withRules<S extends z.ZodType>(schema: S, ...rules: CelRule<z.output<S>>[]): S {
  const validations = rules.map(({ rule, message }) => ({ rule, message }))
  const refined = rules.reduce((each, { holds, message }) => each.refine(holds, message), schema)
  return refined.meta({ ...schema.meta(), 'x-kubernetes-validations': validations })
}

/** Seconds of a duration; NaN where it is none, so that no comparison is true. */
export function secondsOf(text: string): number {
  return text !== '' && durationPattern.test(text) ? parseDuration(text) : Number.NaN
}

/**
 * A text that a pattern describes. A CEL rule rather than `pattern`: the API server then answers with words that tell
 * what to write, and not with the pattern.
 */
export function matching(schema: z.ZodString, pattern: RegExp, message: string) {
  return withRules(schema, { rule: `self.matches(r'${pattern.source}')`, message, holds: (text) => pattern.test(text) })
}

/** The name of an object or container. */
export function objectName(description: string, maxLength = 253) {
  return matching(
    z.string().max(maxLength).describe(description),
    /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/,
    'write a Kubernetes object name: lower case letters, digits, - and .',
  )
}

/** A duration field. */
export function duration(description: string) {
  return withRules(z.string().max(24).describe(description), {
    rule: `self != '' && self.matches('${durationPattern.source}')`,
    message: 'write a duration: a number and a unit, such as 15s, 1m30s or 500ms',
    holds: (text) => text !== '' && durationPattern.test(text),
  })
}

/**
 * A CEL comparison of durations, which holds where one of them is no duration: that one's own rule has told so, and a
 * conversion error beside it would only confuse.
 */
export function comparing(fields: readonly string[], comparison: string): string {
  return [...fields.map((field) => `!${field}.matches('^([0-9]+(h|m|s|ms))+$')`), comparison].join(' || ')
}

/** A fraction strictly between 0 and 1. A CEL rule rather than exclusive bounds: its message says what to write. */
export function openFraction(description: string, example: string) {
  return withRules(z.number().describe(description), {
    rule: 'self > 0.0 && self < 1.0',
    message: `write a fraction above 0 and below 1, such as ${example}`,
    holds: (value) => value > 0 && value < 1,
  })
}

/** A lower and an upper bound on a duration, each with its default. */
export function durationBounds(description: string, min: string, max: string, path: string) {
  return withRules(
    z
      .strictObject({
        min: duration(`Never below this. Default: ${min}.`).default(min),
        max: duration(`Never above this. Default: ${max}.`).default(max),
      })
      .prefault({})
      .describe(description),
    {
      rule: comparing(['self.min', 'self.max'], 'duration(self.min) <= duration(self.max)'),
      message: `${path}.min is above ${path}.max: write a min that is at most the max`,
      holds: ({ min, max }) => !(secondsOf(min) > secondsOf(max)),
    },
    {
      rule: comparing(['self.min'], "duration(self.min) > duration('0s')"),
      message: `${path}.min is 0: write at least 1s`,
      holds: ({ min }) => secondsOf(min) !== 0,
    },
  )
}
