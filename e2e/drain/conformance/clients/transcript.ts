const shownBytes = 600

/** What a client did and saw, for whoever reads a failure. */
export interface Transcript {
  readonly label: string
  lines(): string[]
}

/** Bytes as a string literal; of many, the beginning and the end. */
export function shown(latin1: string): string {
  if (latin1.length <= shownBytes) return JSON.stringify(latin1)
  const half = shownBytes / 2
  return `${JSON.stringify(latin1.slice(0, half))} ... ${latin1.length - shownBytes} bytes ... ${JSON.stringify(latin1.slice(-half))}`
}
