import { OWN_ERROR_CODES } from '../../record.ts'
import type { ClientSurroundings, Outcome } from './client.ts'

/** How one connection of a conversation ended. */
export type LineEnd =
  /** As we asked for it. */
  | { readonly kind: 'finished' }
  /** The server wants us to go on elsewhere: a WebSocket's 1001, a gRPC stream's regular end. */
  | { readonly kind: 'goodbye' }
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'broken'; readonly errorCode: string }

export interface LineEvents {
  pod(name: string): void
  /** A message has come back. */
  heard(message: number): void
  /** Told once; nothing follows. */
  over(end: LineEnd): void
}

/** One stream or WebSocket to one pod. Events come later than the calls that cause them. */
export interface Line {
  readonly connectionId: number
  readonly reused: boolean
  /** May be called before the line is open. */
  say(message: number): void
  /** Everything was said and heard: ends the line regularly. */
  finish(): void
  cut(): void
}

export interface ConversationShape {
  readonly everyMs: number
  readonly lifeMs: number
}

/** A server that sends its clients away more often than this has no place for them. */
const MAX_MOVES = 16
/** After a goodbye, clients come back after a random part of this, so that not all of them come at once. */
const COME_BACK_WITHIN_MS = 100

/**
 * A long-lived exchange, as a client with something to say lives it: a message every now and then, each to be echoed,
 * until its life is over. It is complete when every message was answered and the last line ended regularly. When a
 * server says goodbye it goes on over another line and asks again what was not answered; a line that breaks loses it.
 */
export class Conversation {
  readonly #open: (events: LineEvents) => Line
  readonly #shape: ConversationShape
  readonly #surroundings: ClientSurroundings
  readonly #settle: (outcome: Outcome) => void
  readonly #unanswered = new Set<number>()
  #line: Line
  #said = 0
  #moves = 0
  #pod: string | null = null
  /** Its life is over: nothing new is said. */
  #ending = false
  #over = false
  #cancelNext: () => void = () => {}
  readonly #cancelLife: () => void

  constructor(
    open: (events: LineEvents) => Line,
    shape: ConversationShape,
    surroundings: ClientSurroundings,
    settle: (outcome: Outcome) => void,
  ) {
    this.#open = open
    this.#shape = shape
    this.#surroundings = surroundings
    this.#settle = settle
    this.#line = this.#openLine()
    this.#cancelLife = surroundings.after(shape.lifeMs, () => {
      this.#ending = true
      this.#cancelNext()
      this.#finishIfAnswered()
    })
    this.#speak()
  }

  get line(): Line {
    return this.#line
  }

  cancel(): void {
    if (this.#over) return
    this.#close()
    this.#line.cut()
  }

  #speak(): void {
    const message = ++this.#said
    this.#unanswered.add(message)
    this.#line.say(message)
    this.#cancelNext = this.#surroundings.after(this.#shape.everyMs, () => this.#speak())
  }

  #openLine(): Line {
    return this.#open({
      pod: (name) => {
        this.#pod = name
      },
      heard: (message) => {
        this.#unanswered.delete(message)
        if (this.#ending) this.#finishIfAnswered()
      },
      over: (end) => this.#ended(end),
    })
  }

  #finishIfAnswered(): void {
    if (this.#unanswered.size === 0) this.#line.finish()
  }

  #ended(end: LineEnd): void {
    if (this.#over) return
    const told = this.#ending && this.#unanswered.size === 0
    if (end.kind === 'refused') this.#end(refusal(end.status))
    else if (end.kind === 'broken') this.#end({ errorCode: end.errorCode })
    else if (told) this.#end({ status: 200 })
    else if (this.#moves >= MAX_MOVES) this.#end({ errorCode: 'SENT_AWAY' })
    else this.#move()
  }

  /** Goes on elsewhere. Until then nothing is said: it waits among the unanswered. */
  #move(): void {
    this.#moves++
    this.#line = silence
    const { after, random } = this.#surroundings
    this.#cancelMove = after(random() * COME_BACK_WITHIN_MS, () => {
      this.#line = this.#openLine()
      for (const message of this.#unanswered) this.#line.say(message)
      if (this.#ending) this.#finishIfAnswered()
    })
  }

  #cancelMove: () => void = () => {}

  #end(outcome: Outcome): void {
    this.#close()
    this.#settle({ ...outcome, pod: this.#pod, moves: this.#moves })
  }

  #close(): void {
    this.#over = true
    this.#cancelLife()
    this.#cancelNext()
    this.#cancelMove()
  }
}

/** A 200 is no answer to somebody who asked for a conversation. */
const refusal = (status: number): Outcome =>
  status >= 200 && status < 300 ? { errorCode: OWN_ERROR_CODES.malformed } : { status }

/** Between two lines. */
const silence: Line = { connectionId: 0, reused: false, say: () => {}, finish: () => {}, cut: () => {} }
