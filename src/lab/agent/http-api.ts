import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { LabError, type LabErrorCode } from '../lab-error.ts'
import { RECORDS_MEDIA_TYPE } from '../records-format.ts'
import { type Agent, MAX_RECORDS_PER_DOWNLOAD, type RunKind } from './agent.ts'

const MAX_BODY_BYTES = 64 * 1024

const STATUS_OF: Record<LabErrorCode, number> = {
  INVALID_REQUEST: 400,
  TARGET_NOT_ALLOWED: 403,
  NOT_FOUND: 404,
  ID_TAKEN: 409,
  STILL_RUNNING: 409,
  TOO_MANY_RUNS: 429,
  BAD_ANSWER: 502,
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

/**
 * The agent's HTTP API. It has no authentication of its own: it is reached through the Kubernetes API server's pod
 * proxy, and what it can be made to do is bounded by its allow-list and limits.
 *
 * | request | answer |
 * |---|---|
 * | `GET /health`, `GET /clock` | AgentHealth; `{nowMs}` |
 * | `POST /load`, `POST /probe` | 201, the run's status |
 * | `GET /load/ID/status`, `GET /probe/ID/status` | LoadStatus; ProbeStatus |
 * | `POST /load/ID/stop`, `POST /probe/ID/stop` | the status, once every request has its record |
 * | `GET /load/ID/records?from=0&limit=20000`, same for probe | the records as NDJSON |
 * | `DELETE /load/ID`, `DELETE /probe/ID` | `{}` |
 *
 * Errors: `{error: {code, message}}` with a {@link LabErrorCode}.
 */
export function createAgentServer(agent: Agent): Server {
  return createServer((request, response) => {
    void respond(agent, request, response)
  })
}

async function respond(agent: Agent, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, type, body } = await answer(agent, request).catch(toErrorAnswer)
  if (response.destroyed) return
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

async function answer(agent: Agent, request: IncomingMessage): Promise<Answer> {
  const url = new URL(request.url ?? '/', 'http://agent')
  const method = request.method ?? 'GET'
  const [kind = '', id, action] = url.pathname.split('/').slice(1)
  if (`${method} ${url.pathname}` === 'GET /health') return json(200, agent.health())
  if (`${method} ${url.pathname}` === 'GET /clock') return json(200, { nowMs: agent.nowMs() })
  if (isRunKind(kind)) {
    if (id === undefined && method === 'POST') return json(201, agent.start(kind, await readJson(request)))
    if (id !== undefined) {
      switch (`${method} ${action ?? ''}`) {
        case 'GET status':
          return json(200, agent.status(kind, id))
        case 'POST stop':
          return json(200, await agent.stop(kind, id))
        case 'GET records': {
          const from = readIndex(url, 'from', 0)
          const body = agent.records(kind, id, from, readIndex(url, 'limit', MAX_RECORDS_PER_DOWNLOAD))
          return { status: 200, type: RECORDS_MEDIA_TYPE, body }
        }
        case 'DELETE ':
          agent.remove(kind, id)
          return json(200, {})
        default:
      }
    }
  }
  throw new LabError('NOT_FOUND', `no such path: ${method} ${url.pathname}`)
}

const isRunKind = (value: string): value is RunKind => value === 'load' || value === 'probe'

const json = (status: number, value: unknown): Answer => ({
  status,
  type: 'application/json',
  body: JSON.stringify(value),
})

function toErrorAnswer(error: unknown): Answer {
  if (error instanceof LabError) {
    return json(STATUS_OF[error.code], { error: { code: error.code, message: error.message } })
  }
  return json(500, { error: { code: 'INTERNAL', message: String(error) } })
}

function readIndex(url: URL, name: string, fallback: number): number {
  const text = url.searchParams.get(name)
  if (text === null) return fallback
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new LabError('INVALID_REQUEST', `${name} must be a whole number, not ${JSON.stringify(text)}`)
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) {
    text += String(chunk)
    if (text.length > MAX_BODY_BYTES) throw new LabError('INVALID_REQUEST', 'the body must not exceed 64 KiB')
  }
  try {
    return JSON.parse(text)
  } catch {
    throw new LabError('INVALID_REQUEST', 'the body must be JSON')
  }
}
