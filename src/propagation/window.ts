/** One drain's figure. `beyond`: the truth is at least `ms`, and nobody knows how much more. */
export interface WindowEntry {
  ms: number
  beyond: boolean
}

export interface DecodedWindow {
  /** Newest last. */
  entries: WindowEntry[]
  /** How many words were not entries. */
  dropped: number
}

/** Eleven and a half days; more digits than that are garbage. */
const largestMs = 999_999_999

/** The entries as one short line for status, newest last, in whole milliseconds: `480 512 >1000 495`, where `>` marks one that is beyond. */
export function encodeWindow(entries: readonly WindowEntry[]): string {
  return entries.map(encodeEntry).join(' ')
}

/** The reverse of {@link encodeWindow}. Never throws: what is no entry is dropped and counted. */
export function decodeWindow(text: string): DecodedWindow {
  const words = text.split(/\s+/).filter((word) => word !== '')
  const entries = words.filter((word) => /^>?\d{1,9}$/.test(word)).map(decodeEntry)
  return { entries, dropped: words.length - entries.length }
}

/**
 * The window with one more entry; the oldest leave when there are more than `size`. It holds what status will keep, so
 * that after a restart the same is known: whole milliseconds, rounded up, and those beyond rounded down: both stay true.
 */
export function addSample(entries: readonly WindowEntry[], entry: WindowEntry, size: number): WindowEntry[] {
  const all = [...entries, { ...entry, ms: wholeMs(entry) }]
  return all.slice(Math.max(0, all.length - size))
}

function wholeMs({ ms, beyond }: WindowEntry): number {
  return Math.min(largestMs, Math.max(0, beyond ? Math.floor(ms) : Math.ceil(ms)))
}

function encodeEntry(entry: WindowEntry): string {
  return `${entry.beyond ? '>' : ''}${wholeMs(entry)}`
}

function decodeEntry(word: string): WindowEntry {
  const beyond = word.startsWith('>')
  return { ms: Number(beyond ? word.slice(1) : word), beyond }
}
