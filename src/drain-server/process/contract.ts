import { inspect } from 'node:util'
import { DrainError } from '../errors.ts'
import type { DrainErrorCode } from '../errors.ts'

/** What a source (query, options, environment) says about the drain; what it leaves out, the next one decides. */
export interface ContractTerms {
  delaySeconds?: number
  graceSeconds?: number
}

/** One drain's budget. All offsets are milliseconds after drain start. */
export interface DrainPlan {
  /** D: when the listener may be closed. */
  delayMs: number
  /** When whatever is left is cut off: grace period - safety. */
  deadlineMs: number
  /** When hooks are abandoned: half the safety after the deadline, so that they get a moment even after a forced end. */
  hooksUntilMs: number
  /** Says why the delay in force is not the delay that was asked for. */
  warning?: string
}

export const defaultTerms: Required<ContractTerms> = { delaySeconds: 15, graceSeconds: 30 }

const ranges = { delaySeconds: [0, 3600], graceSeconds: [1, 86_400] } as const
const safetyMs = 2000
const leastRequestMs = 1000

export type TermName = keyof typeof ranges

/** @throws DrainError with the given code when the value is not a number of seconds in the term's range */
export function checkTerm(term: TermName, value: number, shown: unknown, name: string, code: DrainErrorCode): number {
  const [least, most] = ranges[term]
  if (value >= least && value <= most) return value
  throw new DrainError(code, `${name} must be a number of seconds from ${least} to ${most}, got ${inspect(shown)}`)
}

/** Decimal digits with an optional fraction; NaN for anything else (Number() would take '', '0x10' and '1e3'). */
export function parseSeconds(text: string): number {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
}

/**
 * The contract that rides in the preStop hook's URL. Parameters of other names are left alone, so that an operator
 * newer than this library can add some.
 *
 * @throws DrainError ERR_DRAIN_PARAMETER
 */
export function termsFromQuery(query: URLSearchParams): ContractTerms {
  const terms: ContractTerms = {}
  for (const term of ['delaySeconds', 'graceSeconds'] as const) {
    const text = query.get(term)
    if (text !== null) terms[term] = checkTerm(term, parseSeconds(text), text, term, 'ERR_DRAIN_PARAMETER')
  }
  return terms
}

/**
 * The first source that states a term wins; then the defaults: delay 15 s, grace 30 s.
 *
 * The deadline is 2 s before the end of the grace period (half of it when the grace is below 4 s), because kubelet
 * kills at its end. At least 1 s of it is kept for requests: a longer delay is shortened.
 */
export function planDrain(...sources: ContractTerms[]): DrainPlan {
  const terms: Required<ContractTerms> = Object.assign({}, defaultTerms, ...sources.toReversed())
  const graceMs = terms.graceSeconds * 1000
  const safety = Math.min(safetyMs, graceMs / 2)
  const deadlineMs = graceMs - safety
  const delayMs = Math.max(0, Math.min(terms.delaySeconds * 1000, deadlineMs - leastRequestMs))
  const plan: DrainPlan = { delayMs, deadlineMs, hooksUntilMs: deadlineMs + safety / 2 }
  if (delayMs < terms.delaySeconds * 1000) {
    plan.warning =
      `the drain delay of ${terms.delaySeconds} s does not fit into the grace period of ${terms.graceSeconds} s ` +
      `(deadline ${deadlineMs / 1000} s, at least 1 s of it for requests): shortened to ${delayMs / 1000} s`
  }
  return plan
}
