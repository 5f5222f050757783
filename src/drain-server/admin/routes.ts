import { createHash, timingSafeEqual } from 'node:crypto'
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
  metrics(): string | Promise<string>
}

/** The part of a request that is read: that of node:http, and that of node:http2's compatibility API. */
export interface AdminRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: NodeJS.Dict<string | string[]>
  resume(): unknown
}

/** The part of a response that is used. */
export interface AdminResponse {
  writeHead(status: number, headers: Record<string, string | number>): unknown
  end(text: string): unknown
}

interface Answer {
  status: number
  body: unknown
  headers?: Record<string, string>
}

interface Route {
  methods: readonly string[]
  answer: (subject: AdminSubject, query: URLSearchParams) => Answer | Promise<Answer>
}

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
    answer(subject) {
      const metrics = subject.metrics()
      return typeof metrics === 'string' ? inPrometheusText(metrics) : metrics.then(inPrometheusText)
    },
  },
}

function inPrometheusText(body: string): Answer {
  return { status: 200, body, headers: { 'content-type': metricsContentType } }
}

/** Whether the path (without a query) is one of the admin routes. */
export function isAdminPath(path: string): boolean {
  return Object.hasOwn(routes, path)
}

/** Whether a call of the path does more than tell health and figures: such calls want the token. */
export function isGuarded(path: string): boolean {
  return path.startsWith('/admin/')
}

/** Answers a request for one of the admin routes, given as its path and query. */
export function answerAdmin(
  request: AdminRequest,
  response: AdminResponse,
  target: { path: string; query: string },
  subject: AdminSubject,
  authorized: TokenCheck,
): void {
  request.resume()
  const answer = answerTo(request, target, subject, authorized)
  if (answer instanceof Promise) void answer.then((late) => send(response, late))
  else send(response, answer)
}

export type TokenCheck = (request: AdminRequest) => boolean

/** Compares digests, so that neither the time taken nor a difference in length tells anything about the token. */
export function tokenCheck(token: string | undefined): TokenCheck {
  if (token === undefined) return () => true
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  const expected = digest(token)
  return (request) => timingSafeEqual(digest(String(request.headers['x-drain-token'] ?? '')), expected)
}

function answerTo(
  request: AdminRequest,
  { path, query }: { path: string; query: string },
  subject: AdminSubject,
  authorized: TokenCheck,
): Answer | Promise<Answer> {
  const route = isAdminPath(path) ? routes[path] : undefined
  if (route === undefined) return { status: 404, body: { error: 'not found' } }
  if (!route.methods.includes(request.method ?? '')) {
    const allow = route.methods.join(', ')
    return { status: 405, body: { error: `use ${allow}` }, headers: { allow } }
  }
  if (isGuarded(path) && !authorized(request)) {
    return { status: 401, body: { error: 'the header x-drain-token is missing or wrong' } }
  }
  try {
    return route.answer(subject, new URLSearchParams(query))
  } catch (error) {
    if (error instanceof DrainError) return { status: 400, body: { error: error.message, code: error.code } }
    throw error
  }
}

/** No answer may be kept by anything in between: each is true only now. */
function send(response: AdminResponse, { status, body, headers }: Answer): void {
  const text = typeof body === 'string' ? body : `${JSON.stringify(body)}\n`
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    ...headers,
  })
  response.end(text)
}
