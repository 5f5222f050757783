import { z } from 'zod'
import { durationPattern } from './duration.ts'

/** A rule that the API server itself evaluates, with the message that it answers. */
export interface CelRule {
  rule: string
  message: string
}

/** Adds CEL rules to a schema; they pass through the generator into the CRD. */
export function withRules<S extends z.ZodType>(schema: S, ...rules: CelRule[]): S {
  return schema.meta({ ...schema.meta(), 'x-kubernetes-validations': rules })
}

/**
 * A text that a pattern describes. A CEL rule rather than `pattern`: the API server then answers with words that tell
 * what to write, and not with the pattern.
 */
export function matching(schema: z.ZodString, pattern: RegExp, message: string) {
  return withRules(
    schema.refine((text) => pattern.test(text), message),
    { rule: `self.matches(r'${pattern.source}')`, message },
  )
}

/** The name of an object or container. */
export function objectName(description: string, maxLength = 253) {
  return matching(
    z.string().max(maxLength).describe(description),
    /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/,
    'write a Kubernetes object name: lower case letters, digits, - and .',
  )
}

const durationMessage = 'write a duration: a number and a unit, such as 15s, 1m30s or 500ms'

/** A duration field. */
export function duration(description: string) {
  return withRules(
    z
      .string()
      .max(24)
      .refine((text) => text !== '' && durationPattern.test(text), durationMessage)
      .describe(description),
    { rule: `self != '' && self.matches('${durationPattern.source}')`, message: durationMessage },
  )
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
  return withRules(
    z
      .number()
      .refine((value) => value > 0 && value < 1, `write a fraction above 0 and below 1, such as ${example}`)
      .describe(description),
    { rule: 'self > 0.0 && self < 1.0', message: `write a fraction above 0 and below 1, such as ${example}` },
  )
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
    },
    {
      rule: comparing(['self.min'], "duration(self.min) > duration('0s')"),
      message: `${path}.min is 0: write at least 1s`,
    },
  )
}
