import type { IntOrPercent } from './objects.ts'

/**
 * An amount of a total. A percentage is rounded in the given direction; what is neither a number nor a percentage
 * counts as zero, since the API server refuses it.
 */
export function amountOf(value: IntOrPercent | undefined, total: number, round: 'up' | 'down'): number {
  if (typeof value === 'number') return value
  const percent = /^(\d+)%$/.exec(value ?? '')?.[1]
  if (percent === undefined) return 0
  const exact = (Number(percent) * total) / 100
  return round === 'up' ? Math.ceil(exact) : Math.floor(exact)
}
