import type { EventEmitter } from 'node:events'
import type { Clock } from '../clock.ts'
import { DrainError } from '../errors.ts'
import { endsOnDrain } from '../protocol/end-on-drain.ts'
import type { Loss, Protocol } from '../protocol/protocol.ts'
import { Stagger } from '../protocol/stagger.ts'
import { grpcStatus } from './status.ts'

/** A call as @grpc/grpc-js hands it to a handler: what all four kinds have in common. */
export interface GrpcCall extends EventEmitter {
  readonly cancelled: boolean
  getPeer(): string
}

type Respond = (...answer: unknown[]) => void
/** `respond` is there where the response is one message; otherwise the call is written to. */
export type CallHandler = (call: GrpcCall, respond?: Respond) => void

/** A call, from its handler's start to its end. */
interface OpenCall {
  owner: GrpcCalls
  answered: boolean
  controller?: AbortController
}

/** Where a call keeps its record: a WeakMap of short-lived calls costs more in the garbage collector than all else. */
const openCallOf = Symbol('drain-server.call')

type Marked = GrpcCall & { [openCallOf]?: OpenCall }

/**
 * The calls of one grpc-js Server, where the application has something to say about them: a signal that it asked for, a
 * stream that may end early. Their HTTP/2 streams and sessions are the business of the servers' protocols.
 */
export class GrpcCalls implements Protocol {
  readonly loss: Loss = { connections: 0, requests: 0 }
  readonly #clock: Clock
  readonly #onRelease: () => void
  readonly #signalled = new Map<GrpcCall, AbortController>()
  readonly #streaming = new Set<GrpcCall>()
  #stagger: Stagger<GrpcCall> | undefined

  constructor(clock: Clock, onRelease: () => void) {
    this.#clock = clock
    this.#onRelease = onRelease
  }

  /** The signal of a call that a handler of ours received; undefined for anything else. */
  static signalOf(call: object): AbortSignal | undefined {
    const open = (call as Marked)[openCallOf]
    return open === undefined ? undefined : open.owner.#signalOf(call as GrpcCall, open)
  }

  /** The handler that makes the handler's calls known here. */
  handler(handler: CallHandler): CallHandler {
    return (call: Marked, respond) => {
      const open: OpenCall = { owner: this, answered: false }
      call[openCallOf] = open
      if (respond === undefined) {
        this.#follow(call)
        handler(call)
        if (this.#stagger !== undefined) this.#queue(call)
      } else
        handler(call, (...answer) => {
          open.answered = true
          respond(...answer)
        })
    }
  }

  settle(untilMs: number): Promise<void> {
    this.#stagger = new Stagger(this.#clock, untilMs, endEarly)
    for (const call of this.#streaming) this.#queue(call)
    return Promise.resolve()
  }

  abort(reason: DrainError): void {
    for (const controller of this.#signalled.values()) controller.abort(reason)
  }

  force(): void {
    this.#stagger?.cancel()
  }

  release(): void {
    this.#stagger?.cancel()
    this.#onRelease()
  }

  shed(): void {}
  keep(): void {}
  closeListener(): Promise<void> {
    return Promise.resolve()
  }

  #follow(call: GrpcCall): void {
    this.#streaming.add(call)
    // However a call ends, grpc-js says so with this event.
    call.once('cancelled', () => {
      this.#streaming.delete(call)
      this.#stagger?.delete(call)
    })
  }

  #queue(call: GrpcCall): void {
    if (this.#streaming.has(call) && endsOnDrain(call, undefined, undefined)) this.#stagger?.add(call)
  }

  #signalOf(call: GrpcCall, open: OpenCall): AbortSignal {
    if (open.controller !== undefined) return open.controller.signal
    const controller = new AbortController()
    open.controller = controller
    this.#signalled.set(call, controller)
    const over = (): void => {
      this.#signalled.delete(call)
      if (open.answered || (call as { writableEnded?: boolean }).writableEnded === true) return
      controller.abort(new DrainError('ERR_DRAIN_CLIENT_GONE', 'the client left before its call was answered'))
    }
    if (call.cancelled) over()
    else call.once('cancelled', over)
    return controller.signal
  }
}

/** Ends a streamed response as its handler would. What the handler still writes afterwards is dropped. */
function endEarly(call: GrpcCall): void {
  call.emit('error', { code: grpcStatus.unavailable, details: 'the server is draining' })
  Object.assign(call, { write: () => true })
}
