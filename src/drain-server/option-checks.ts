import { constants } from 'node:os'
import { inspect } from 'node:util'
import { DrainError } from './errors.ts'

/** What an option must be: the words complete the sentence `<name> must be ...`. */
export interface Demand {
  words: string
  holds: (value: unknown) => boolean
}

export const anyBoolean: Demand = { words: 'true or false', holds: (value) => typeof value === 'boolean' }

export const anyFunction: Demand = { words: 'a function', holds: (value) => typeof value === 'function' }

export const anyText: Demand = { words: 'a string', holds: (value) => typeof value === 'string' }

export const anyObject: Demand = {
  words: 'an object',
  holds: (value) => typeof value === 'object' && value !== null,
}

export const filledText: Demand = {
  words: 'a string that is not empty',
  holds: (value) => typeof value === 'string' && value !== '',
}

export const milliseconds: Demand = {
  words: 'a number of milliseconds from 0',
  holds: (value) => Number.isFinite(value) && (value as number) >= 0,
}

export const port: Demand = { words: 'a port from 0 to 65535', holds: wholeNumber(0, 65_535) }

export const exitCode: Demand = { words: 'a whole number from 0 to 255', holds: wholeNumber(0, 255) }

export const logger: Demand = {
  words: 'an object with the functions info, warn and error',
  holds: (value) =>
    anyObject.holds(value) &&
    ['info', 'warn', 'error'].every((level) => typeof Reflect.get(value as object, level) === 'function'),
}

export const signalNames: Demand = {
  words: "a list of signals' names",
  holds: (value) => Array.isArray(value) && value.every((name) => Object.hasOwn(constants.signals, String(name))),
}

export function seconds(least: number, most: number): Demand {
  const holds = (value: unknown): boolean => typeof value === 'number' && value >= least && value <= most
  return { words: `a number of seconds from ${least} to ${most}`, holds }
}

export function oneOf(...choices: string[]): Demand {
  return {
    words: choices.map((choice) => `'${choice}'`).join(' or '),
    holds: (value) => choices.includes(String(value)),
  }
}

export function orFalse({ words, holds }: Demand): Demand {
  return { words: `${words}, or false`, holds: (value) => value === false || holds(value) }
}

/** @throws DrainError ERR_DRAIN_OPTION */
export function demand({ words, holds }: Demand, name: string, value: unknown, shown = value): void {
  if (!holds(value)) throw new DrainError('ERR_DRAIN_OPTION', `${name} must be ${words}, got ${inspect(shown)}`)
}

/**
 * Checks what is stated against the demands; undefined states nothing.
 * @param what names the whole in messages, such as `options.admin`
 * @throws DrainError ERR_DRAIN_OPTION, also for a name that is none of the demands', with the nearest that is
 */
export function checkOptions(what: string, stated: unknown, demands: Readonly<Record<string, Demand>>): void {
  demand(anyObject, what, stated)
  for (const [name, value] of Object.entries(stated as object)) {
    const prefix = what === 'options' ? '' : `${what}.`
    const demanded = Object.hasOwn(demands, name) ? demands[name] : undefined
    if (demanded === undefined) {
      const nearest = nearestName(name, Object.keys(demands))
      throw new DrainError('ERR_DRAIN_OPTION', `there is no option ${prefix}${name}: did you mean ${prefix}${nearest}?`)
    }
    if (value !== undefined) demand(demanded, prefix + name, value)
  }
}

/** How much a letter that is left out tells against a name: names are shortened more often than they are misspelled. */
const insertion = 0.25

/** The name that the fewest changes of letters lead to, whatever their case. */
function nearestName(name: string, names: readonly string[]): string {
  const distances = names.map((candidate) => editDistance(name.toLowerCase(), candidate.toLowerCase()))
  return names[distances.indexOf(Math.min(...distances))] ?? ''
}

function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column * insertion)
  for (const [index, letter] of from.split('').entries()) {
    const next = [index + 1]
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (row[column - 1] as number) + (to[column - 1] === letter ? 0 : 1)
      next.push(Math.min(replaced, (row[column] as number) + 1, (next[column - 1] as number) + insertion))
    }
    row = next
  }
  return row[to.length] as number
}

function wholeNumber(least: number, most: number): (value: unknown) => boolean {
  return (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most
}
