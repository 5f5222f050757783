import type { KubeObject } from '../../src/kube/object.ts'
import type { Transport, TransportRequest, TransportResponse } from '../../src/kube/transport.ts'

/** What happens to a request before the store sees it; throws to fail it. */
export type Interference = (request: TransportRequest, commit: () => TransportResponse) => Promise<TransportResponse>

/**
 * The least of an API server, in memory: objects by path, with optimistic concurrency. Get, create, update and merge
 * patch (of top-level fields); no lists and no watches.
 */
export class ObjectStore implements Transport {
  readonly objects = new Map<string, KubeObject>()
  /** `METHOD path` of each request that was served. */
  readonly served: string[] = []
  #version = 0
  interfere: Interference = async (_request, commit) => commit()

  async request(request: TransportRequest): Promise<TransportResponse> {
    request.signal?.throwIfAborted()
    return this.interfere(request, () => this.serve(request))
  }

  /** Does what the request says, at once. */
  serve({ method, path, body }: TransportRequest): TransportResponse {
    this.served.push(`${method} ${path}`)
    const sent = body === undefined ? undefined : (JSON.parse(body) as KubeObject)
    if (method === 'POST' && sent !== undefined) {
      const target = `${path}/${sent.metadata.name}`
      return this.objects.has(target) ? refused(409, 'AlreadyExists') : this.#store(target, sent, 201)
    }
    const present = this.objects.get(path)
    if (present === undefined) return refused(404, 'NotFound')
    if (method === 'GET') return answer(200, present)
    if (method === 'PATCH') return this.#store(path, { ...present, ...sent, metadata: present.metadata }, 200)
    if (sent === undefined || method !== 'PUT') return refused(405, 'MethodNotAllowed')
    const isStale = sent.metadata.resourceVersion !== present.metadata.resourceVersion
    return isStale ? refused(409, 'Conflict') : this.#store(path, sent, 200)
  }

  #store(path: string, object: KubeObject, status: number): TransportResponse {
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.#version) } }
    this.objects.set(path, stored)
    return answer(status, stored)
  }
}

function refused(code: number, reason: string): TransportResponse {
  return answer(code, { kind: 'Status', code, reason })
}

function answer(status: number, object: unknown): TransportResponse {
  const text = JSON.stringify(object)
  return {
    status,
    headers: {},
    text: async () => text,
    body: (async function* () {
      yield Buffer.from(text)
    })(),
    cancel: () => {},
  }
}
