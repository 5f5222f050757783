import type { Look, OutputStream } from './look.ts'
import { type Progress, renderProgress } from './progress-line.ts'

const REDRAW_MS = 200
const LOG_LINE_MS = 5000
const CLEAR_LINE = '\r\u001B[2K'

/**
 * Shows progress on a stream: redrawn in place at most five times a second on a terminal; a line every five seconds,
 * and one for each new phase, elsewhere.
 */
export class ProgressWriter {
  readonly #stream: OutputStream
  readonly #look: Look
  readonly #nowMs: () => number
  #shownMs = Number.NEGATIVE_INFINITY
  #phase: string | null = null
  #drawn = false

  constructor(stream: OutputStream, look: Look, nowMs: () => number) {
    this.#stream = stream
    this.#look = look
    this.#nowMs = nowMs
  }

  update(progress: Progress): void {
    const nowMs = this.#nowMs()
    const quietMs = this.#look.unicode ? REDRAW_MS : LOG_LINE_MS
    if (progress.phase === this.#phase && nowMs - this.#shownMs < quietMs) return
    this.#phase = progress.phase
    this.#shownMs = nowMs
    const line = renderProgress(progress, this.#look)
    this.#stream.write(this.#look.unicode ? CLEAR_LINE + line : `${line}\n`)
    this.#drawn = this.#look.unicode
  }

  /** Writes lines that stay, above the progress. */
  print(...lines: readonly string[]): void {
    this.clear()
    for (const line of lines) this.#stream.write(`${line}\n`)
  }

  /** Takes the line away; the next update draws it again at once. */
  clear(): void {
    if (!this.#drawn) return
    this.#stream.write(CLEAR_LINE)
    this.#drawn = false
    this.#shownMs = Number.NEGATIVE_INFINITY
  }
}
