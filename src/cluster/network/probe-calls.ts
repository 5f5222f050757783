import { request } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Clock } from '../../kube/index.ts'
import type { HttpGetOptions, HttpProbeAnswer, PodDialer, PodNetwork, ProbeCallOptions } from './pod-network.ts'

/** What kubelet asks pods, on real connections. */
export type ProbeCalls = Pick<PodNetwork, 'httpGet' | 'tcpConnect' | 'grpcHealth'>

interface Failure {
  readonly failed: string
}

/** Kubelet reads no more of an answer. */
const mostBodyBytes = 10 * 1024

export function probeCalls(dialer: PodDialer, clock: Pick<Clock, 'setTimeout'>): ProbeCalls {
  /** Runs one call until it settles, its time is up or it is aborted; what `begin` returned is called then. */
  function once<T>(
    { timeoutMs, signal }: ProbeCallOptions,
    begin: (settle: (answer: T | Failure) => void) => () => void,
  ): Promise<T | Failure> {
    return new Promise((resolve) => {
      if (signal?.aborted) {
        resolve({ failed: 'ABORTED' })
        return
      }
      const settle = (answer: T | Failure): void => {
        timer.cancel()
        signal?.removeEventListener('abort', onAbort)
        resolve(answer)
        end()
      }
      const onAbort = (): void => settle({ failed: 'ABORTED' })
      const timer = clock.setTimeout(() => settle({ failed: 'TIMEOUT' }), timeoutMs)
      signal?.addEventListener('abort', onAbort, { once: true })
      const end = begin(settle)
    })
  }

  return {
    httpGet(podIp, port, path, options): Promise<HttpProbeAnswer> {
      return once(options, (settle) => httpGet(dialer, podIp, port, path, options, settle))
    },
    tcpConnect(podIp, port, options) {
      return once<{ failed?: string }>(options, (settle) => {
        const socket = dialer.connect(podIp, port)
        socket.once('connect', () => settle({}))
        socket.on('error', (error) => settle({ failed: codeOf(error) }))
        return () => socket.destroy()
      })
    },
    grpcHealth(podIp, port, service, options) {
      return once<{ serving: number }>(options, (settle) => grpcHealth(dialer, podIp, port, service, settle))
    },
  }
}

function httpGet(
  dialer: PodDialer,
  podIp: string,
  port: number,
  path: string,
  { scheme, headers }: HttpGetOptions,
  settle: (answer: HttpProbeAnswer) => void,
): () => void {
  const dial = (): Socket => {
    const socket = dialer.connect(podIp, port)
    return scheme === 'https' ? connectTls({ socket, rejectUnauthorized: false }) : socket
  }
  const call = request({
    host: podIp,
    port,
    path: path.startsWith('/') ? path : `/${path}`,
    headers: { ...headers, connection: 'close' },
    createConnection: dial,
  })
  call.on('error', (error) => settle({ failed: codeOf(error) }))
  call.on('response', (response) => {
    const answer = { status: response.statusCode ?? 0 }
    let bytes = 0
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes >= mostBodyBytes) settle(answer)
    })
    response.on('end', () => settle(answer))
    response.on('error', (error) => settle({ failed: codeOf(error) }))
  })
  call.end()
  return () => call.destroy()
}

/** grpc.health.v1.Health/Check, whose two messages have one field each: no need for a gRPC client. */
function grpcHealth(
  dialer: PodDialer,
  podIp: string,
  port: number,
  service: string,
  settle: (answer: { serving: number } | Failure) => void,
): () => void {
  const session = connectHttp2(`http://${podIp}:${port}`, { createConnection: () => dialer.connect(podIp, port) })
  session.on('error', (error) => settle({ failed: codeOf(error) }))
  const stream = session.request({
    ':method': 'POST',
    ':path': '/grpc.health.v1.Health/Check',
    'content-type': 'application/grpc',
    te: 'trailers',
    'user-agent': 'kube-probe/1.36',
  })
  const parts: Buffer[] = []
  let status: string | undefined
  const take = (headers: object): void => {
    if ('grpc-status' in headers) status = String(headers['grpc-status'])
  }
  stream.on('error', (error) => settle({ failed: codeOf(error) }))
  stream.on('response', take)
  stream.on('trailers', take)
  stream.on('data', (chunk: Buffer) => parts.push(chunk))
  stream.on('end', () => {
    if (status === '0') settle({ serving: servingOf(Buffer.concat(parts)) })
    else settle({ failed: `GRPC_STATUS_${status ?? 'MISSING'}` })
  })
  stream.end(healthRequest(service))
  return () => session.destroy()
}

/** One length-prefixed message: `string service = 1`. */
function healthRequest(service: string): Buffer {
  const name = Buffer.from(service).subarray(0, 127)
  const message = name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, name.length]), name])
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

/** `ServingStatus status = 1` of the message after its prefix; 0 (UNKNOWN) when it is not stated. */
function servingOf(body: Buffer): number {
  return body[5] === 0x08 ? (body[6] ?? 0) : 0
}

/** The system's own code, also where a protocol has wrapped its error. */
function codeOf(error: Error): string {
  if (error.cause instanceof Error) return codeOf(error.cause)
  return (error as NodeJS.ErrnoException).code ?? error.message
}
