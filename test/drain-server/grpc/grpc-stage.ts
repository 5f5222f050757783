import { Client, credentials, Server, ServerCredentials, status } from '@grpc/grpc-js'
import type { ServerOptions, UntypedHandleCall } from '@grpc/grpc-js'
import { onTestFinished } from 'vitest'
import { drain } from '../../../src/drain-server/index.ts'
import type { Drainer, DrainOptions } from '../../../src/drain-server/index.ts'
import { certificate, privateKey } from '../certificate.ts'

const bytes = (value: Buffer): Buffer => value
const method = (name: string, requestStream: boolean, responseStream: boolean) => ({
  path: `/test.Kinds/${name}`,
  requestStream,
  responseStream,
  requestSerialize: bytes,
  requestDeserialize: bytes,
  responseSerialize: bytes,
  responseDeserialize: bytes,
})

/** One method of each kind; messages are bytes as they are. */
export const kinds = {
  Unary: method('Unary', false, false),
  Upload: method('Upload', true, false),
  Download: method('Download', false, true),
  Chat: method('Chat', true, true),
}

export interface GrpcStageOptions extends DrainOptions {
  tls?: boolean
  address?: string
  server?: ServerOptions
  handlers?: Partial<Record<keyof typeof kinds, UntypedHandleCall>>
  prepare?: (server: Server) => void
}

export interface GrpcStage {
  server: Server
  drainer: Drainer
  port: number
  /** A client with a connection of its own. */
  client: () => Client
}

/** A grpc-js server in this process, drained by its test. */
export async function grpcStage(options: GrpcStageOptions = {}): Promise<GrpcStage> {
  const { tls, address, server: serverOptions, handlers, prepare, ...drainOptions } = options
  const server = new Server(serverOptions)
  const drainer = drain(server, quiet(drainOptions))
  server.addService(kinds, handlers ?? {})
  prepare?.(server)
  const target = address ?? '127.0.0.1:0'
  const port = await bind(server, target, tls)
  const clients: Client[] = []
  onTestFinished(async () => {
    for (const client of clients) client.close()
    await drainer.release()
    server.forceShutdown()
  })
  return {
    server,
    drainer,
    port,
    client() {
      const secure = tls ? credentials.createSsl(Buffer.from(certificate)) : credentials.createInsecure()
      const uri = target.startsWith('unix:') ? target : `${tls ? 'localhost' : '127.0.0.1'}:${port}`
      const client = new Client(uri, secure, { 'grpc.use_local_subchannel_pool': 1 })
      clients.push(client)
      return client
    },
  }
}

/** What keeps a drain in a test's own process to itself. */
export function quiet(options: DrainOptions): DrainOptions {
  return {
    admin: false,
    delaySeconds: 0,
    idleGraceMs: 50,
    signals: [],
    exit: false,
    stdout: false,
    terminationMessagePath: false,
    logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    ...options,
  }
}

export function bind(server: Server, address: string, tls?: boolean): Promise<number> {
  const secure = tls
    ? ServerCredentials.createSsl(null, [
        { private_key: Buffer.from(privateKey), cert_chain: Buffer.from(certificate) },
      ])
    : ServerCredentials.createInsecure()
  return new Promise((resolve, reject) =>
    server.bindAsync(address, secure, (error, port) => (error === null ? resolve(port) : reject(error))),
  )
}

/** How a call ended, as its client sees it, with what it received before. */
export interface Ended {
  code: string
  details: string
  messages: string[]
}

/** Starts a unary call. */
export function unary(client: Client, path = kinds.Unary.path, message = 'ping'): Promise<Ended> {
  return new Promise((resolve) =>
    client.makeUnaryRequest(path, bytes, bytes, Buffer.from(message), (error, answer) =>
      resolve({
        code: status[error?.code ?? 0] as string,
        details: error?.details ?? '',
        messages: answer === undefined ? [] : [answer.toString('latin1')],
      }),
    ),
  )
}

type IncomingCall = NodeJS.EventEmitter & { cancel(): void; pause(): unknown }

/** Follows a call that receives a stream. */
export class Received {
  readonly ended: Promise<Ended>
  readonly messages: string[] = []
  readonly call: IncomingCall
  #arrived = Promise.withResolvers<void>()

  constructor(call: IncomingCall) {
    this.call = call
    call.on('data', (message: Buffer) => {
      this.messages.push(message.toString('latin1'))
      this.#arrived.resolve()
      this.#arrived = Promise.withResolvers()
    })
    call.on('error', () => undefined)
    this.ended = new Promise((resolve) =>
      call.on('status', ({ code, details }: { code: number; details: string }) =>
        resolve({ code: status[code] as string, details, messages: this.messages }),
      ),
    )
  }

  /** Resolves when so many messages are there. */
  async count(messages: number): Promise<void> {
    while (this.messages.length < messages) await this.#arrived.promise
  }
}

export function download(client: Client, path = kinds.Download.path, message = 'ping'): Received {
  return new Received(client.makeServerStreamRequest(path, bytes, bytes, Buffer.from(message)))
}

export function chat(client: Client) {
  const call = client.makeBidiStreamRequest(kinds.Chat.path, bytes, bytes)
  return { call, received: new Received(call) }
}

export function upload(client: Client) {
  const ended = Promise.withResolvers<Ended>()
  const call = client.makeClientStreamRequest<Buffer, Buffer>(kinds.Upload.path, bytes, bytes, (error, answer) =>
    ended.resolve({
      code: status[error?.code ?? 0] as string,
      details: error?.details ?? '',
      messages: answer === undefined ? [] : [answer.toString('latin1')],
    }),
  )
  return { call, ended: ended.promise }
}
