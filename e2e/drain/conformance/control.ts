import type { Cell } from './judge.ts'

/** What a server without the library made of the cases: the proof that they can fail. */
export interface Control {
  failed: string[]
  /** What `server.close()` gets right by itself. */
  passed: string[]
  /** At least half of the cases fail: less, and the suite would prove little about the library. */
  convincing: boolean
}

export function controlOf(cells: readonly Cell[]): Control {
  const names = (passed: boolean): string[] => cells.filter((cell) => cell.passed === passed).map((cell) => cell.case)
  const failed = names(false)
  return { failed, passed: names(true), convincing: failed.length > 0 && failed.length >= cells.length / 2 }
}
