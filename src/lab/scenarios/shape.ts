/** Says what is wrong with a value, each problem with where it is; nothing when it is as it should be. */
export interface Shape {
  /** What to write, for messages. */
  readonly words: string
  problems(value: unknown, at: string): string[]
}

type Fields = Readonly<Record<string, unknown>>

/** A value that one test decides on. */
export const value = (words: string, holds: (value: unknown) => boolean): Shape => ({
  words,
  problems: (found, at) => (holds(found) ? [] : [`${at}: write ${words}, not ${shown(found)}`]),
})

export const number = (least: number, most: number): Shape =>
  value(`a number from ${least} to ${most}`, (found) => typeof found === 'number' && found >= least && found <= most)

export const whole = (least: number, most: number): Shape =>
  value(
    `a whole number from ${least} to ${most}`,
    (found) => Number.isInteger(found) && Number(found) >= least && Number(found) <= most,
  )

export const oneOf = (choices: readonly string[]): Shape =>
  value(`one of ${choices.join(', ')}`, (found) => choices.some((choice) => choice === found))

export const text = (words: string, most: number): Shape =>
  value(words, (found) => typeof found === 'string' && found.trim() !== '' && found.length <= most)

/** One or more of the same. */
export const listOf = (words: string, each: Shape): Shape => ({
  words,
  problems: (found, at) =>
    Array.isArray(found) && found.length > 0
      ? found.flatMap((item, index) => each.problems(item, `${at}[${index}]`))
      : [`${at}: write ${words}, not ${shown(found)}`],
})

/** Any names, with the same behind each of them. */
export const mapOf = (words: string, each: Shape): Shape => ({
  words,
  problems: (found, at) =>
    isFields(found)
      ? Object.entries(found).flatMap(([key, item]) => each.problems(item, `${at}.${key}`))
      : [`${at}: write ${words}, not ${shown(found)}`],
})

/** An object with these fields and no others; those of `optional` may be missing. */
export const fields = (
  words: string,
  required: Readonly<Record<string, Shape>>,
  optional: Readonly<Record<string, Shape>> = {},
): Shape => ({
  words,
  problems(found, at) {
    if (!isFields(found)) return [`${at}: write ${words}, not ${shown(found)}`]
    const known = { ...required, ...optional }
    const path = (name: string) => (at === '' ? name : `${at}.${name}`)
    return [
      ...Object.keys(found)
        .filter((name) => !Object.hasOwn(known, name))
        .map((name) => `${path(name)}: there is no such field; there are ${Object.keys(known).join(', ')}`),
      ...Object.entries(known).flatMap(([name, shape]) => {
        if (found[name] !== undefined) return shape.problems(found[name], path(name))
        return Object.hasOwn(required, name) ? [`${path(name)}: it is missing: write ${shape.words}`] : []
      }),
    ]
  },
})

export const isFields = (found: unknown): found is Fields =>
  typeof found === 'object' && found !== null && !Array.isArray(found)

function shown(found: unknown): string {
  const written = JSON.stringify(found) ?? String(found)
  return written.length > 60 ? `${written.slice(0, 57)}...` : written
}
