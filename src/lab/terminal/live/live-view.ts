import type { RehearsalEvent } from '../../rehearsal/events.ts'
import type { Look, OutputStream } from '../look.ts'
import { frame } from './frame.ts'
import { plainLine } from './plain.ts'
import { emptyState, type LiveState, next } from './state.ts'

/** A terminal as far as the view needs it. */
export interface LiveStream extends OutputStream {
  readonly rows?: number
}

const REDRAW_MS = 125
const HIDE_CURSOR = '\u001B[?25l'
const SHOW_CURSOR = '\u001B[?25h'
const CLEAR_BELOW = '\r\u001B[J'

/**
 * Shows a rehearsal on a stream: frames that are redrawn in place on a terminal, without taking its scroll-back away;
 * lines elsewhere. `stop` leaves the last frame and gives the cursor back, and so does the end of the process.
 */
export class LiveView {
  readonly #stream: LiveStream
  readonly #look: Look
  readonly #nowMs: () => number
  readonly #startedMs: number
  #state: LiveState = emptyState
  #timer: NodeJS.Timeout | undefined
  #lines = 0

  /** @param nowMs a monotonic clock whose zero does not matter */
  constructor(stream: LiveStream, look: Look, nowMs: () => number) {
    this.#stream = stream
    this.#look = look
    this.#nowMs = nowMs
    this.#startedMs = nowMs()
    if (!look.unicode) return
    stream.write(HIDE_CURSOR)
    process.once('exit', this.#showCursor)
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS)
    this.#timer.unref()
  }

  take(event: RehearsalEvent): void {
    this.#state = next(this.#state, event)
    if (this.#look.unicode) return
    const line = plainLine(event, this.#state)
    if (line !== null) this.#stream.write(`${line}\n`)
  }

  /** Harmless when it is called again. */
  stop(): void {
    if (this.#timer === undefined) return
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#draw()
    process.off('exit', this.#showCursor)
    this.#showCursor()
  }

  readonly #showCursor = (): void => void this.#stream.write(SHOW_CURSOR)

  #draw(): void {
    const size = { width: this.#stream.columns ?? 80, height: this.#stream.rows ?? 24 }
    const lines = frame(this.#state, this.#nowMs() - this.#startedMs, size, this.#look)
    const back = this.#lines === 0 ? '' : `\u001B[${this.#lines}A`
    this.#stream.write(`${back}${CLEAR_BELOW}${lines.join('\n')}\n`)
    this.#lines = lines.length
  }
}
