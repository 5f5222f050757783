const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour
const year = 365 * day

/** A duration in its two largest units, the smaller one left out where it would say little: `95s`, `3m20s`, `4d6h`. */
export function humanDuration(ms: number): string {
  const whole = (unit: number): number => Math.floor(ms / unit)
  const both = (large: number, largeName: string, small: number, smallName: string): string => {
    const rest = Math.floor((ms % large) / small)
    return rest === 0 ? `${whole(large)}${largeName}` : `${whole(large)}${largeName}${rest}${smallName}`
  }
  // Clocks differ a little: what will be in a second is now.
  if (ms <= -2 * second) return '<invalid>'
  if (ms < 0) return '0s'
  if (ms < 2 * minute) return `${whole(second)}s`
  if (ms < 10 * minute) return both(minute, 'm', second, 's')
  if (ms < 3 * hour) return `${whole(minute)}m`
  if (ms < 8 * hour) return both(hour, 'h', minute, 'm')
  if (ms < 2 * day) return `${whole(hour)}h`
  if (ms < 8 * day) return both(day, 'd', hour, 'h')
  if (ms < 2 * year) return `${whole(day)}d`
  if (ms < 8 * year) return both(year, 'y', day, 'd')
  return `${whole(year)}y`
}
