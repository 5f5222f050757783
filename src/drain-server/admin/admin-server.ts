import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { ContractTerms } from '../process/contract.ts'
import { termsFromQuery } from '../process/contract.ts'
import { DrainError } from '../errors.ts'
import { metricsContentType } from './metrics.ts'
import type { Phase } from '../process/phase.ts'
import type { DrainReport } from '../report/report.ts'

/** What the admin routes show and do. */
export interface AdminSubject {
  readonly state: Phase
  /** The adopted server listens, or has. */
  readonly started: boolean
  readonly report: DrainReport | undefined
  /** @returns whether this call began the drain */
  drainByHook(terms: ContractTerms): boolean
  metrics(): string
}

interface Answer {
  status: number
  body: unknown
  headers?: Record<string, string>
}

type Route = { methods: readonly string[]; answer: (subject: AdminSubject, query: URLSearchParams) => Answer }

const reading = ['GET', 'HEAD'] as const

const routes: Record<string, Route> = {
  '/health/live': { methods: reading, answer: () => ({ status: 200, body: { live: true } }) },
  '/health/ready': {
    methods: reading,
    answer({ state, started }) {
      const ready = started && state === 'serving'
      return { status: ready ? 200 : 503, body: { ready, state } }
    },
  },
  '/health/startup': {
    methods: reading,
    answer: ({ started }) => ({ status: started ? 200 : 503, body: { started } }),
  },
  // kubelet's httpGet hook can only send GET.
  '/admin/drain': {
    methods: ['GET', 'POST'],
    answer(subject, query) {
      const began = subject.drainByHook(termsFromQuery(query))
      return { status: began ? 202 : 200, body: { began, state: subject.state } }
    },
  },
  '/admin/drain/report': {
    methods: reading,
    answer: ({ report, state }) =>
      report === undefined
        ? { status: 404, body: { error: 'no drain has ended yet', state } }
        : { status: 200, body: report },
  },
  '/metrics': {
    methods: reading,
    answer: (subject) => ({ status: 200, body: subject.metrics(), headers: { 'content-type': metricsContentType } }),
  },
}

/** Health, admin and metrics on a server of their own; it does not keep the process alive. */
export function createAdminServer(subject: AdminSubject, token: string | undefined): Server {
  const authorized = tokenCheck(token)
  const server = createServer((request, response) => {
    request.resume()
    send(response, answerTo(request, subject, authorized))
  })
  return server.unref()
}

function answerTo(
  request: IncomingMessage,
  subject: AdminSubject,
  authorized: (request: IncomingMessage) => boolean,
): Answer {
  const [path = '', query = ''] = (request.url ?? '').split('?', 2)
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined
  if (route === undefined) return { status: 404, body: { error: 'not found' } }
  if (!route.methods.includes(request.method ?? '')) {
    const allow = route.methods.join(', ')
    return { status: 405, body: { error: `use ${allow}` }, headers: { allow } }
  }
  if (path.startsWith('/admin/') && !authorized(request)) {
    return { status: 401, body: { error: 'the header x-drain-token is missing or wrong' } }
  }
  try {
    return route.answer(subject, new URLSearchParams(query))
  } catch (error) {
    if (error instanceof DrainError) return { status: 400, body: { error: error.message, code: error.code } }
    throw error
  }
}

/** Compares digests, so that neither the time taken nor a difference in length tells anything about the token. */
function tokenCheck(token: string | undefined): (request: IncomingMessage) => boolean {
  if (token === undefined) return () => true
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  const expected = digest(token)
  return (request) => timingSafeEqual(digest(String(request.headers['x-drain-token'] ?? '')), expected)
}

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  const text = typeof body === 'string' ? body : `${JSON.stringify(body)}\n`
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...headers,
  })
  response.end(text)
}
