import { existsSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Phase } from 'drain-server'
import type { Asked } from './clients/asker.ts'
import { askHttp1 } from './clients/http1-asker.ts'
import { askGrpc } from './clients/grpc-client.ts'
import { askHttp2 } from './clients/http2-asker.ts'
import { RawClient } from './clients/raw-client.ts'
import { RawHttp2Client } from './clients/raw-http2-client.ts'
import type { Transcript } from './clients/transcript.ts'
import { Facts } from './facts.ts'
import type { Exit, Fixture } from './fixture.ts'
import type { Target } from './target.ts'

const phases: readonly Phase[] = ['serving', 'converging', 'closing', 'done']
const pollMs = 5
/**
 * How much later than the grace period SIGKILL comes. The grace periods of the cases are short, and so is the safety
 * that the library takes from them; processes of other cases compete for the processor.
 */
const slackMs = 1000

/** A request that the target serves until the suite lets go of it. */
export interface Hold {
  path: string
  /** Resolves when the target serves it. */
  begun(): Promise<void>
  letGo(): void
}

export interface AdminAnswer {
  status: number
  body: string
}

/** One target that runs for one case: what the case does to it, and what it finds. */
export class Stage {
  readonly target: Target
  readonly facts = new Facts()
  readonly transcripts: Transcript[] = []
  readonly #fixture: Fixture
  readonly #folder: string
  readonly #graceSeconds: number
  #holds = 0
  #terminated = false
  #exit: Exit | undefined
  #kubelet: NodeJS.Timeout | undefined

  /** @param folder for the files of this case alone */
  constructor(target: Target, fixture: Fixture, folder: string, graceSeconds: number) {
    this.target = target
    this.#fixture = fixture
    this.#folder = folder
    this.#graceSeconds = graceSeconds
    void fixture.exited.then((exit) => {
      this.#exit = exit
      clearTimeout(this.#kubelet)
    })
  }

  get port(): number {
    return this.#fixture.port
  }

  get exited(): Promise<Exit> {
    return this.#fixture.exited
  }

  async connect(label = 'client', keepsSending = false): Promise<RawClient> {
    const { secure } = this.target
    const client = await RawClient.connect({ port: this.port, secure, label, keepsSending })
    this.transcripts.push(client)
    return client
  }

  /** A request that any target understands, as a client of its first protocol sends it; gRPC sends no headers. */
  async ask(path: string, headers: Record<string, string> = {}): Promise<Asked> {
    const { port, target } = this
    const server = { port, secure: target.secure, label: `asks ${path}` }
    const [protocol] = target.protocols
    let asked: Asked
    if (protocol === 'http2') asked = askHttp2(server, path, headers)
    else if (protocol === 'grpc') asked = askGrpc(server, path)
    else asked = await askHttp1(server, path, headers)
    this.transcripts.push(asked)
    return asked
  }

  async connectHttp2(options: { label?: string; answersPings?: boolean } = {}): Promise<RawHttp2Client> {
    const { port, target } = this
    const client = await RawHttp2Client.connect({ port, secure: target.secure, label: 'client', ...options })
    this.transcripts.push(client)
    return client
  }

  /** For cases with many clients: what they did so far is not shown, and how they ended not judged. */
  forgetTranscripts(): void {
    this.transcripts.splice(0)
  }

  hold(route = '/hold'): Hold {
    this.#holds += 1
    const file = join(this.#folder, `hold-${this.#holds}`)
    return {
      path: `${route}?until=${file}`,
      begun: async () => {
        while (!existsSync(`${file}.begun`) && this.#exit === undefined) await sleep(pollMs)
      },
      letGo: () => writeFileSync(file, ''),
    }
  }

  /** As kubelet, with or without a preStop hook before it: SIGTERM, once. */
  terminate(): void {
    this.#graceBegins()
    if (!this.#terminated) this.#fixture.signal('SIGTERM')
    this.#terminated = true
  }

  /** A further signal, of someone else. */
  signal(name: NodeJS.Signals): void {
    this.#fixture.signal(name)
  }

  /**
   * As kubelet's preStop hook: the drain stays at converging until terminate(), so that a case can take its time
   * there. A target without an admin port is terminated at once.
   */
  async preStop(query = ''): Promise<AdminAnswer | undefined> {
    if (this.target.without.includes('admin')) {
      this.terminate()
      await this.reaches('closing')
      return undefined
    }
    this.#graceBegins()
    return this.admin(`/admin/drain${query}`)
  }

  /** A drain that was called off has no grace period. */
  graceIsOver(): void {
    clearTimeout(this.#kubelet)
    this.#kubelet = undefined
  }

  /** Resolves when the target is in this phase or behind it, or gone. */
  async reaches(phase: Phase): Promise<void> {
    while (phases.indexOf(await this.phase()) < phases.indexOf(phase)) await sleep(pollMs)
  }

  /** As the readiness endpoint tells it; where there is none, a port that takes nobody tells that it closes. */
  async phase(): Promise<Phase> {
    if (this.#exit !== undefined) return 'done'
    if (this.target.without.includes('admin')) return (await this.#isAccepted()) ? 'serving' : 'closing'
    try {
      const { body } = await this.admin('/health/ready')
      return (JSON.parse(body) as { state: Phase }).state
    } catch {
      return 'done'
    }
  }

  /** GET on the admin port. */
  admin(path: string): Promise<AdminAnswer> {
    return new Promise((resolve, reject) => {
      const get = request(`${this.#fixture.adminUrl}${path}`, { agent: false }, (response) => {
        let body = ''
        response.setEncoding('utf8').on('data', (text: string) => (body += text))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
        response.on('error', reject)
      })
      get.on('error', reject).end()
    })
  }

  async #isAccepted(): Promise<boolean> {
    const client = await RawClient.connect({ port: this.port, secure: this.target.secure, label: 'phase' })
    client.socket.destroy()
    return client.ending !== 'ECONNREFUSED'
  }

  #graceBegins(): void {
    this.#kubelet ??= setTimeout(() => this.#fixture.signal('SIGKILL'), this.#graceSeconds * 1000 + slackMs)
  }
}
