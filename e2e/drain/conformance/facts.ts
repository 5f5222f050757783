import { inspect, isDeepStrictEqual } from 'node:util'
import { shown } from './clients/transcript.ts'

/** Something that was asked of a target, and what was found. */
export interface Fact {
  sentence: string
  held: boolean
  wanted: string
  seen: string
}

/** The facts of one case, in the order in which they were judged. A fact that does not hold does not end the case. */
export class Facts {
  readonly all: Fact[] = []

  /** @param wanted what the value must be, or a condition on it in words */
  judge<T>(sentence: string, seen: T, wanted: T | Condition<T>): void {
    const condition = wanted instanceof Condition ? wanted : undefined
    const held = condition === undefined ? isDeepStrictEqual(seen, wanted) : condition.holds(seen)
    this.all.push({ sentence, held, wanted: condition?.words ?? written(wanted), seen: written(seen) })
  }

  get failed(): Fact[] {
    return this.all.filter(({ held }) => !held)
  }
}

/** A demand that more than one value fulfils. */
export class Condition<T> {
  readonly words: string
  readonly holds: (value: T) => boolean

  constructor(words: string, holds: (value: T) => boolean) {
    this.words = words
    this.holds = holds
  }
}

export function atLeast(least: number): Condition<number> {
  return new Condition(`at least ${least}`, (value) => value >= least)
}

export function oneOf<T>(...values: T[]): Condition<T> {
  return new Condition(`one of ${values.map((value) => written(value)).join(', ')}`, (value) => values.includes(value))
}

export function containing(part: string): Condition<string> {
  return new Condition(`contains ${shown(part)}`, (value) => value.includes(part))
}

function written(value: unknown): string {
  return typeof value === 'string' ? shown(value) : inspect(value, { depth: 5, breakLength: 120 })
}
