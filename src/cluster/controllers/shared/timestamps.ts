/** RFC 3339 with whole seconds, as `metav1.Time` is on the wire. */
export function timestamp(wallMs: number): string {
  return new Date(wallMs).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** Wall milliseconds of a timestamp; undefined when there is none. */
export function timeOf(text: string | null | undefined): number | undefined {
  if (text === undefined || text === null) return undefined
  const wallMs = Date.parse(text)
  return Number.isNaN(wallMs) ? undefined : wallMs
}
