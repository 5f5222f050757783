const shownBytes = 600

/** What a client did and saw, for whoever reads a failure. */
export interface Transcript {
  readonly label: string
  lines(): string[]
}

/** A client that sees how its connection ends. */
export interface Ending {
  /** 'FIN' or an error code; undefined while the connection is open for reading. */
  readonly ending: string | undefined
}

export function seesEnding(client: object): client is Ending {
  return 'ending' in client
}

/** Bytes as a string literal; of many, the beginning and the end. */
export function shown(latin1: string): string {
  if (latin1.length <= shownBytes) return JSON.stringify(latin1)
  const half = shownBytes / 2
  return `${JSON.stringify(latin1.slice(0, half))} ... ${latin1.length - shownBytes} bytes ... ${JSON.stringify(latin1.slice(-half))}`
}
