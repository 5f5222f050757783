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

/** A duration field. The pattern alone would let the empty text through, hence minLength. */
export function duration(description: string) {
  return z
    .string()
    .min(2)
    .max(24)
    .regex(durationPattern, 'write a duration: a number and a unit, such as 15s, 1m30s or 500ms')
    .describe(description)
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
      rule: 'duration(self.min) <= duration(self.max)',
      message: `${path}.min is above ${path}.max: write a min that is at most the max`,
    },
  )
}
