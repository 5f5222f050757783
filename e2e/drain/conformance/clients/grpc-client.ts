import { Client, credentials, Metadata, status } from '@grpc/grpc-js'
import type { ClientDuplexStream, ClientReadableStream, ClientWritableStream, ServiceError } from '@grpc/grpc-js'
import { certificate } from '../../../../test/drain-server/certificate.ts'
import { conformanceService } from '../application/grpc-service.ts'
import { lost } from './asker.ts'
import type { Asked } from './asker.ts'
import type { Transcript } from './transcript.ts'

export interface GrpcServerAddress {
  port: number
  secure: boolean
  label: string
}

/** A client of grpc-js with a channel of its own, and what its calls came to. */
export class GrpcClient implements Transcript {
  readonly label: string
  readonly #client: Client
  readonly #log: string[] = []

  constructor({ port, secure, label }: GrpcServerAddress) {
    this.label = label
    const trust = secure ? credentials.createSsl(Buffer.from(certificate)) : credentials.createInsecure()
    this.#client = new Client(`127.0.0.1:${port}`, trust, {
      'grpc.ssl_target_name_override': 'localhost',
      'grpc.use_local_subchannel_pool': 1,
    })
  }

  /** @returns the answer, or `lost:` and the status; never rejects */
  ask(path: string, metadata: Record<string, string> = {}): Promise<string> {
    const { path: method, requestSerialize, responseDeserialize } = conformanceService.Ask
    return this.#answer(path, (respond) =>
      this.#client.makeUnaryRequest(
        method,
        requestSerialize,
        responseDeserialize,
        path,
        Metadata.fromHttp2Headers(metadata),
        respond,
      ),
    )
  }

  stream(path: string): Call<ClientReadableStream<string>> {
    const { path: method, requestSerialize, responseDeserialize } = conformanceService.Stream
    const stream = this.#client.makeServerStreamRequest(method, requestSerialize, responseDeserialize, path)
    return this.#call('Stream', stream)
  }

  collect(): { stream: ClientWritableStream<string>; answered: Promise<string> } {
    const { path: method, requestSerialize, responseDeserialize } = conformanceService.Collect
    const { promise, resolve } = Promise.withResolvers<string>()
    const stream = this.#client.makeClientStreamRequest(
      method,
      requestSerialize,
      responseDeserialize,
      (error, answer) => resolve(this.#outcome('Collect', error, answer)),
    )
    return { stream, answered: promise }
  }

  echo(): Call<ClientDuplexStream<string, string>> {
    const { path: method, requestSerialize, responseDeserialize } = conformanceService.Echo
    return this.#call('Echo', this.#client.makeBidiStreamRequest(method, requestSerialize, responseDeserialize))
  }

  /** grpc.health.v1.Health/Check. @returns the serving status as its number, or `lost:` and the status */
  check(service = ''): Promise<string> {
    return this.#answer(`Check ${service}`, (respond) =>
      this.#client.makeUnaryRequest('/grpc.health.v1.Health/Check', healthRequest, healthStatus, service, respond),
    )
  }

  /** grpc.health.v1.Health/Watch: each serving status, as its number. */
  watch(service = ''): Call<ClientReadableStream<string>> {
    const method = '/grpc.health.v1.Health/Watch'
    return this.#call('Watch', this.#client.makeServerStreamRequest(method, healthRequest, healthStatus, service))
  }

  close(): void {
    this.#client.close()
  }

  lines(): string[] {
    return this.#log
  }

  #answer(
    what: string,
    start: (respond: (error: ServiceError | null, answer?: string) => void) => void,
  ): Promise<string> {
    return new Promise((resolve) => {
      start((error, answer) => resolve(this.#outcome(what, error, answer)))
    })
  }

  #outcome(what: string, error: ServiceError | null, answer = ''): string {
    const outcome = error === null ? answer : `${lost}${status[error.code]} ${error.details}`
    this.#log.push(`${what}: ${outcome}`)
    return outcome
  }

  #call<Stream extends ClientReadableStream<string>>(what: string, stream: Stream): Call<Stream> {
    const received: string[] = []
    stream.on('data', (text: string) => {
      this.#log.push(`${what}: ${JSON.stringify(text)}`)
      received.push(text)
    })
    stream.on('error', () => undefined)
    const ended = new Promise<string>((resolve) => {
      stream.on('status', ({ code, details }) => {
        this.#log.push(`${what}: ended with ${status[code]} ${details}`)
        resolve(status[code])
      })
    })
    const receives = async (count: number): Promise<void> => {
      while (received.length < count) {
        const more = new Promise<boolean>((resolve) => {
          stream.once('data', () => resolve(true))
          void ended.then(() => resolve(false))
        })
        if (!(await more)) return
      }
    }
    return { stream, received, receives, ended }
  }
}

/** A call whose response is a stream: what has come so far, and the status in the end. */
export interface Call<Stream> {
  stream: Stream
  received: string[]
  /** Resolves when so many messages have come, or the call is over. */
  receives(count: number): Promise<void>
  ended: Promise<string>
}

/** A unary call on a channel of its own. */
export function askGrpc(address: GrpcServerAddress, path: string): Asked {
  const client = new GrpcClient(address)
  const answered = client.ask(path).finally(() => client.close())
  return { label: address.label, answered, lines: () => client.lines() }
}

/** HealthCheckRequest: field 1, the service's name. */
function healthRequest(service: string): Buffer {
  return service === '' ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, service.length]), Buffer.from(service)])
}

/** HealthCheckResponse: field 1, the status. */
function healthStatus(message: Buffer): string {
  const names = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']
  return names[message[0] === 0x08 ? (message[1] ?? 0) : 0] ?? 'UNKNOWN'
}
