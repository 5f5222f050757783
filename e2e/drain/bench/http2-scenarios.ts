import { once } from 'node:events'
import { connect, constants } from 'node:http2'
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2'
import { farRoundTripMs, times } from './scenario.ts'
import type { Scenario } from './scenario.ts'
import type { Trial } from './trial.ts'

/** Streams on node:http2, clear text. */
export const http2Scenarios: Scenario[] = [
  {
    name: 'HTTP/2 in flight',
    about: '10 streams on 2 sessions that began before SIGTERM and take until 1.5 s after D.',
    protocol: 'http2',
    async run(trial) {
      const callers = await times(2, async () => {
        const caller = new Http2Caller(trial, 0)
        await caller.open()
        return caller
      })
      trial.begin(200)
      await trial.at(-100)
      for (let index = 0; index < 10; index += 1) void callers[index % 2]?.ask(`/slow?ms=${trial.delayMs + 1600}`)
    },
  },
  {
    name: 'HTTP/2 racing',
    about:
      '4 sessions, 20 ms away, each with a new stream every 5 ms until 0.5 s after D, each of which takes 20 ms: some cross the GOAWAY on their way. A refused stream is lost: node:http2 does not repeat it by itself, and two-phase GOAWAY refuses none.',
    protocol: 'http2',
    async run(trial) {
      const callers = await times(4, async () => {
        const caller = new Http2Caller(trial, farRoundTripMs)
        await caller.open()
        return caller
      })
      trial.begin(300)
      for (let ms = -300; ms < trial.delayMs + 500; ms += 5) {
        await trial.at(ms)
        for (const caller of callers) void caller.ask('/slow?ms=20')
      }
    },
  },
]

/** One session while it lasts, then a new one, as clients with one connection per server do. */
class Http2Caller {
  readonly #trial: Trial
  readonly #roundTripMs: number
  #session: ClientHttp2Session | undefined
  #opening: Promise<ClientHttp2Session> | undefined
  /** The last stream that the first GOAWAY of a session leaves to it. */
  readonly #allowedStreamId = new WeakMap<ClientHttp2Session, number>()

  constructor(trial: Trial, roundTripMs: number) {
    this.#trial = trial
    this.#roundTripMs = roundTripMs
  }

  /** Streams that come while a session is being opened wait for that one. */
  open(): Promise<ClientHttp2Session> {
    this.#opening ??= this.#connect().finally(() => (this.#opening = undefined))
    return this.#opening
  }

  async #connect(): Promise<ClientHttp2Session> {
    const session = connect(`http://127.0.0.1:${await this.#trial.route(this.#roundTripMs)}`)
    this.#trial.cleanUp(() => session.destroy())
    session.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET') this.#trial.tally.resets += 1
    })
    session.once('goaway', (_code, lastStreamId) => this.#allowedStreamId.set(session, lastStreamId ?? 0))
    await once(session, 'connect')
    this.#session = session
    return session
  }

  ask(path: string): Promise<void> {
    return this.#trial.expect(path, async () => {
      while ((await this.#complete(path)) === 'never sent');
    })
  }

  /** @throws Error unless the response comes complete, with a status of 200 */
  async #complete(path: string): Promise<'complete' | 'never sent'> {
    const usable = this.#session !== undefined && !this.#session.closed && !this.#session.destroyed
    const session = usable ? (this.#session as ClientHttp2Session) : await this.open()
    const stream = session.request({ ':path': path })
    const { status, ended } = await endOf(stream)
    if (status === 200 && ended && stream.rstCode === constants.NGHTTP2_NO_ERROR) return 'complete'
    if (stream.rstCode !== constants.NGHTTP2_REFUSED_STREAM) {
      throw new Error(`stream ended (status ${status}, code ${stream.rstCode})`)
    }
    // The GOAWAY would have allowed this stream: node:http2 had not written it yet, and kept it to itself.
    if ((stream.id ?? 0) <= (this.#allowedStreamId.get(session) ?? 0)) return 'never sent'
    throw new Error('refused')
  }
}

function endOf(stream: ClientHttp2Stream): Promise<{ status: number | undefined; ended: boolean }> {
  return new Promise((resolve) => {
    let status: number | undefined
    let ended = false
    stream.on('response', (headers) => (status = headers[':status']))
    stream.on('end', () => (ended = true))
    stream.on('error', () => undefined)
    stream.on('close', () => resolve({ status, ended }))
    stream.resume()
  })
}
