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

  constructor(trial: Trial, roundTripMs: number) {
    this.#trial = trial
    this.#roundTripMs = roundTripMs
  }

  async open(): Promise<ClientHttp2Session> {
    const session = connect(`http://127.0.0.1:${await this.#trial.route(this.#roundTripMs)}`)
    this.#session = session
    this.#trial.cleanUp(() => session.destroy())
    session.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET') this.#trial.tally.resets += 1
    })
    await once(session, 'connect')
    return session
  }

  ask(path: string): Promise<void> {
    return this.#trial.expect(path, async () => {
      const usable = this.#session !== undefined && !this.#session.closed && !this.#session.destroyed
      const session = usable ? this.#session : await this.open()
      await complete((session as ClientHttp2Session).request({ ':path': path }))
    })
  }
}

/** @throws Error unless the response comes complete, with a status of 200 */
function complete(stream: ClientHttp2Stream): Promise<void> {
  return new Promise((resolve, reject) => {
    let status: number | undefined
    let ended = false
    stream.on('response', (headers) => (status = headers[':status']))
    stream.on('end', () => (ended = true))
    stream.on('error', () => undefined)
    stream.on('close', () => {
      if (status === 200 && ended && stream.rstCode === constants.NGHTTP2_NO_ERROR) resolve()
      else if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) reject(new Error('refused'))
      else reject(new Error(`stream ended (status ${status}, code ${stream.rstCode})`))
    })
    stream.resume()
  })
}
