import type { Clock, Random } from './clock.ts'
import type { Observation, Transport } from './transport.ts'

/** Where the API server is and how to prove who we are, at one moment. */
export interface Access {
  /** e.g. `https://10.0.0.1:6443`; a path prefix is allowed. */
  server: string
  headers?: Readonly<Record<string, string>>
  tls?: TlsMaterial
  proxyUrl?: string
}

/** As node:tls takes them. */
export interface TlsMaterial {
  ca?: string | Buffer
  cert?: string | Buffer
  key?: string | Buffer
  passphrase?: string
  servername?: string
  rejectUnauthorized?: boolean
}

/** Gives the access to use now; `renew` after the server answered 401, when a cached credential must not be used again. */
export type AccessSource = (renew: boolean) => Promise<Access>

export interface UndiciTransportOptions {
  access: AccessSource
  clock: Clock
  random?: Random
  userAgent?: string
  observe?: (observation: Observation) => void
}

/** A transport with its connections. */
export interface ClosableTransport extends Transport {
  /** Waits for nothing: open requests end with Unavailable. */
  close(): Promise<void>
}

export function createUndiciTransport(_options: UndiciTransportOptions): ClosableTransport {
  throw new Error('not implemented')
}
