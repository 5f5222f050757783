/** Durations as Kubernetes people write them: `500ms`, `15s`, `1m30s`, `2h`. */
const unitSeconds = { ms: 0.001, s: 1, m: 60, h: 3600 } as const
type Unit = keyof typeof unitSeconds

/** What the API server checks too: at least one number with a unit, units in descending order, no sign, no fraction. */
export const durationPattern = /^([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?([0-9]{1,6}ms)?$/

/** Seconds of a duration text. Throws a RangeError that names the text when it is not a duration. */
export function parseDuration(text: string): number {
  if (text === '' || !durationPattern.test(text)) {
    throw new RangeError(`"${text}" is not a duration: write a number and a unit, such as 15s, 1m30s or 500ms`)
  }
  let seconds = 0
  for (const [, amount, unit] of text.matchAll(/([0-9]+)(ms|h|m|s)/g)) {
    seconds += Number(amount) * unitSeconds[unit as Unit]
  }
  return seconds
}

/** Seconds as a person reads them in a status: two decimals below ten seconds, at most one above. */
export function formatSeconds(seconds: number): string {
  const digits = seconds < 10 ? 2 : 1
  return `${Number(seconds.toFixed(digits))}s`
}
