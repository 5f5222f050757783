import { inspect } from 'node:util'
import { DrainError } from '../errors.ts'
import type { DrainErrorCode } from '../errors.ts'

/**
 * What a source says about the drain; what it leaves out, the next one decides. The sources, first to last: the
 * preStop call's query, the options, the mounted file, the environment.
 *
 * The file goes before the environment because it is the one of the two that can change while the process runs: a
 * variable that shadowed it would make every update of the file a silent no-op, and nobody mounts a file in order to
 * have it ignored. The query is first since it is of this very deletion.
 */
export interface ContractTerms {
  /** D: how long routing may take to let go. */
  delaySeconds?: number
  /** The pod's whole grace period. */
  graceSeconds?: number
  /** How early the listener may close when nothing arrives any more; not before D when no source states it. */
  minDelaySeconds?: number
  /** How long the listener may stay open when something still arrives at D. */
  maxDelaySeconds?: number
}

export type TermName = keyof ContractTerms

/** Each term's range in seconds. */
export const termRanges: Record<TermName, readonly [least: number, most: number]> = {
  delaySeconds: [0, 3600],
  graceSeconds: [1, 86_400],
  minDelaySeconds: [0, 3600],
  maxDelaySeconds: [0, 3600],
}

const termNames = Object.keys(termRanges) as TermName[]

const variables: Record<TermName, string> = {
  delaySeconds: 'DRAIN_DELAY_SECONDS',
  graceSeconds: 'DRAIN_GRACE_SECONDS',
  minDelaySeconds: 'DRAIN_MIN_DELAY_SECONDS',
  maxDelaySeconds: 'DRAIN_MAX_DELAY_SECONDS',
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
  return readTerms('ERR_DRAIN_PARAMETER', (term) => textOf(term, query.get(term) ?? undefined))
}

/**
 * Terms that are numbers already, as in the options or in JSON. Other names are left alone.
 * @param prefix goes before each term's name in an error's message
 * @throws DrainError ERR_DRAIN_OPTION
 */
export function termsFromObject(source: { readonly [term in TermName]?: unknown }, prefix = ''): ContractTerms {
  return readTerms('ERR_DRAIN_OPTION', (term) => {
    const value = source[term]
    return value === undefined ? undefined : { name: prefix + term, seconds: value, shown: value }
  })
}

/** @throws DrainError ERR_DRAIN_OPTION */
export function termsFromEnvironment(environment: NodeJS.ProcessEnv): ContractTerms {
  // An empty variable is what a manifest leaves behind when its value was never filled in: the same as none.
  return readTerms('ERR_DRAIN_OPTION', (term) => textOf(variables[term], environment[variables[term]] || undefined))
}

interface StatedTerm {
  name: string
  seconds: unknown
  shown: unknown
}

function textOf(name: string, text: string | undefined): StatedTerm | undefined {
  return text === undefined ? undefined : { name, seconds: parseSeconds(text), shown: text }
}

function readTerms(code: DrainErrorCode, stated: (term: TermName) => StatedTerm | undefined): ContractTerms {
  const terms: ContractTerms = {}
  for (const term of termNames) {
    const found = stated(term)
    if (found === undefined) continue
    const { name, seconds, shown } = found
    const [least, most] = termRanges[term]
    if (typeof seconds !== 'number' || !(seconds >= least && seconds <= most)) {
      const message = `${name} must be a number of seconds from ${least} to ${most}, got ${inspect(shown)}`
      throw new DrainError(code, message)
    }
    terms[term] = seconds
  }
  return terms
}
