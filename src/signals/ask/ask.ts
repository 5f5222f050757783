import { Agent, type Dispatcher, errors } from 'undici'
import { type Clock, silent, type Silent } from '../signal.ts'
import type { AddressPolicy } from './address-policy.ts'
import { createConnector, ForbiddenAddress, type Resolve } from './connect.ts'

export interface Asked {
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  /** Of the whole: name, connection, head and body. */
  readonly timeoutMs: number
  /** The longest body that is read. */
  readonly limitBytes: number
  /** How messages call the other side. */
  readonly who: string
}

export type Answer = { readonly kind: 'body'; readonly text: string } | Silent

/** @throws the abort signal's reason, when that aborts */
export type Ask = (asked: Asked, abort?: AbortSignal) => Promise<Answer>

export interface AskOptions {
  readonly addresses: AddressPolicy
  readonly clock: Clock
  /** PEM. By default the authorities that Node trusts. */
  readonly ca?: string
  /** By default the resolver of the machine. */
  readonly resolve?: Resolve
}

const untrusted = new Set([
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/**
 * Every question has a connection of its own: what was judged for one question is never reused for another. Nothing is
 * followed, nothing is unpacked, and only an answer of status 200 is read.
 */
export function createAsk({ addresses, clock, ca, resolve }: AskOptions): Ask {
  const trust = { ...(ca === undefined ? {} : { ca }), ...(resolve === undefined ? {} : { resolve }) }
  return async (asked, abort) => {
    abort?.throwIfAborted()
    const connect = createConnector(addresses, { timeoutMs: asked.timeoutMs, ...trust })
    const agent = new Agent({ connect, pipelining: 0, allowH2: false, headersTimeout: 0, bodyTimeout: 0 })
    const ending = new AbortController()
    let late = false
    const timer = clock.setTimeout(() => {
      late = true
      ending.abort()
    }, asked.timeoutMs)
    const onAbort = (): void => ending.abort()
    abort?.addEventListener('abort', onAbort, { once: true })
    try {
      return await Promise.race([get(agent, asked, ending.signal), endOf(ending.signal)])
    } catch (error) {
      abort?.throwIfAborted()
      return late
        ? silent('Timeout', `${asked.who} gave no complete answer within ${asked.timeoutMs / 1000} s`)
        : explained(error, asked.who)
    } finally {
      timer.cancel()
      abort?.removeEventListener('abort', onAbort)
      void agent.destroy().catch(() => {})
    }
  }
}

/** undici hears of an abort only once it has connected, and an address that nobody has any more leaves it waiting. */
function endOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}

async function get(agent: Agent, { url, headers, limitBytes, who }: Asked, signal: AbortSignal): Promise<Answer> {
  const response = await agent.request({
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method: 'GET',
    headers: { 'user-agent': 'drainkeeper', 'accept-encoding': 'identity', ...headers },
    signal,
  })
  const refusal = refused(response, who)
  if (refusal !== undefined) {
    response.body.on('error', () => {}).destroy()
    return refusal
  }
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    if (bytes > limitBytes) return silent('Malformed', `${who} sent more than ${limitBytes} bytes`)
    chunks.push(chunk)
  }
  return { kind: 'body', text: Buffer.concat(chunks).toString('utf8') }
}

function refused({ statusCode, headers }: Dispatcher.ResponseData, who: string): Silent | undefined {
  if (statusCode >= 300 && statusCode < 400) {
    return silent('Redirected', `${who} answered with a redirect (${statusCode}), which is never followed`)
  }
  if (statusCode === 401 || statusCode === 403) return silent('Unauthorized', `${who} answered ${statusCode}`)
  if (statusCode !== 200) return silent('Refused', `${who} answered ${statusCode}`)
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') {
    return silent('Malformed', `${who} sent a packed body although it was asked for a plain one`)
  }
  return undefined
}

/** In our words: the texts of errors name hosts and carry what the other side sent. */
function explained(error: unknown, who: string): Silent {
  if (error instanceof ForbiddenAddress) {
    return silent('Forbidden', `${who} is at an address that may not be asked`)
  }
  const code = codeOf(error)
  if (error instanceof errors.HTTPParserError || code === 'UND_ERR_HEADERS_OVERFLOW') {
    return silent('Malformed', `${who} does not speak HTTP`)
  }
  if (untrusted.has(code)) return silent('Unreachable', `the certificate of ${who} is not trusted`)
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return silent('Unreachable', `the name of ${who} cannot be resolved`)
  if (code === 'ECONNREFUSED') return silent('Unreachable', `${who} refused the connection`)
  return silent('Unreachable', `the connection to ${who} failed`)
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}
