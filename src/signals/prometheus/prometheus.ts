import type { Reading } from '../../pacing/index.ts'
import { type Ask, type AskOptions, createAsk } from '../ask/index.ts'
import { type Clock, silent, type Signal, type Silent } from '../signal.ts'
import { credentialsOf, type SecretData } from './credentials.ts'
import type { Endpoint, Endpoints } from './endpoints.ts'
import { type PresetName, presets } from './presets.ts'
import { type Value, valueOf } from './query-answer.ts'
import { compile, type Compiled, type Queries, QueryError, type Subject } from './query-template.ts'

export interface PrometheusOptions {
  readonly endpoints: Endpoints
  /** The endpoint's name, as the policy says it. */
  readonly endpoint: string
  readonly queries: PresetName | Queries
  readonly subject: Subject
  /** Data of the Secret that the policy names, from the policy's own namespace; null when it is not there. */
  readonly secret?: SecretData | null
  /** When the span began, on the clock. */
  readonly sinceMs: number
  readonly clock: Clock
  /** How an endpoint is asked. By default over the network. */
  readonly createAsk?: (options: AskOptions) => Ask
}

const limitBytes = 1024 * 1024

/** Requests and errors of a service from `sinceMs` until now, as two instant queries at the same moment of the server. */
export function createPrometheusSignal(options: PrometheusOptions): Signal {
  const prepared = prepare(options)
  if (prepared.kind === 'silent') return { read: () => Promise.resolve(prepared) }
  const { ask, endpoint, headers, requests, errors } = prepared
  const { subject, clock, sinceMs } = options
  const base = endpoint.url.replace(/\/+$/, '')

  async function value(query: string, atSeconds: number | undefined, abort?: AbortSignal): Promise<Value | Silent> {
    const url = new URL(`${base}/api/v1/query`)
    url.searchParams.set('query', query)
    if (atSeconds !== undefined) url.searchParams.set('time', String(atSeconds))
    const who = `endpoint ${options.endpoint}`
    const timeoutMs = endpoint.timeoutSeconds * 1000
    const answer = await ask({ url, headers, timeoutMs, limitBytes, who }, abort)
    return answer.kind === 'body' ? valueOf(answer.text, who) : answer
  }

  return {
    async read(abort) {
      const rangeSeconds = Math.max(1, Math.ceil((clock.monotonicMs() - sinceMs) / 1000))
      const asked = await value(requests(subject, rangeSeconds), undefined, abort)
      if (asked.kind === 'silent') return asked
      const failed = await value(errors(subject, rangeSeconds), asked.atSeconds, abort)
      return failed.kind === 'silent' ? failed : readingOf(asked.value, failed.value, options.endpoint)
    },
  }
}

function readingOf(requests: number, errors: number, endpoint: string): Reading {
  if (errors > requests) {
    return silent('Impossible', `endpoint ${endpoint} counted ${errors} errors of ${requests} requests`)
  }
  return { kind: 'counts', counts: { service: { requests, errors } } }
}

interface Prepared {
  readonly kind: 'prepared'
  readonly ask: Ask
  readonly endpoint: Endpoint
  readonly headers: Readonly<Record<string, string>>
  readonly requests: Compiled
  readonly errors: Compiled
}

/** What cannot be asked is said without asking. */
function prepare({ endpoints, endpoint: name, ...options }: PrometheusOptions): Prepared | Silent {
  const endpoint = Object.hasOwn(endpoints, name) ? endpoints[name] : undefined
  if (endpoint === undefined)
    return silent('NotConfigured', 'the operator has no endpoint of the name that the policy gives')
  const own = typeof options.queries !== 'string'
  if (own && !endpoint.ownQueries) return silent('NotConfigured', `endpoint ${name} takes presets only`)
  if (options.secret === null) return silent('NotConfigured', 'the Secret that the policy names is not there')
  const credentials = options.secret === undefined ? undefined : credentialsOf(options.secret)
  if (credentials?.kind === 'silent') return credentials
  const headers = { accept: 'application/json', ...(credentials && { authorization: credentials.authorization }) }
  const queries = typeof options.queries === 'string' ? presets[options.queries] : options.queries
  try {
    const [requests, errors] = [compile(queries.requests), compile(queries.errors)]
    for (const query of [requests, errors]) query(options.subject, 1)
    const {
      addresses: { loopback, ranges },
      ca,
    } = endpoint
    const ask = (options.createAsk ?? createAsk)({
      addresses: { loopback, ...(ranges && { ranges }) },
      clock: options.clock,
      ...(ca === undefined ? {} : { ca }),
    })
    return { kind: 'prepared', ask, endpoint, headers, requests, errors }
  } catch (error) {
    if (error instanceof QueryError) return silent('NotConfigured', error.message)
    throw error
  }
}
