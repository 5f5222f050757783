const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** 104322 -> `104,322`. */
export const formatCount = (count: number): string => whole.format(count)

/** Milliseconds with the digits that matter: `0.84 ms`, `4.2 ms`, `42 ms`, `1.24 s`; `-` for null. */
export function formatMs(milliseconds: number | null): string {
  if (milliseconds === null) return '-'
  if (!Number.isFinite(milliseconds)) return 'unknown'
  if (milliseconds >= 999.5) return `${(milliseconds / 1000).toFixed(2)} s`
  return `${milliseconds.toFixed(milliseconds < 0.995 ? 2 : milliseconds < 9.95 ? 1 : 0)} ms`
}

/** `412/s`; `-` for null. */
export const formatRate = (perSecond: number | null): string =>
  perSecond === null ? '-' : `${whole.format(perSecond)}/s`

/** Seconds as a clock shows them: `2:13`, `1:02:13`. */
export function formatClock(seconds: number): string {
  const total = Math.floor(seconds)
  const hours = Math.floor(total / 3600)
  const minutes = Math.floor(total / 60) % 60
  const pad = (value: number) => String(value).padStart(2, '0')
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(total % 60)}` : `${minutes}:${pad(total % 60)}`
}

/** `96.3 %`; `-` for null. */
export const formatShare = (share: number | null): string => (share === null ? '-' : `${(share * 100).toFixed(1)} %`)
