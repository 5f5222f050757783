import type { KubeObject, TransportResponse } from '../../../kube/index.ts'
import { ApiError, badRequest, serviceUnavailable } from '../api-error.ts'
import type { LogOptions } from '../node-access.ts'
import { type ApiRequest, isTrue, TextAnswer } from '../request/api-request.ts'
import { StreamAnswer } from '../request/stream-answer.ts'
import type { Target } from '../request/target.ts'
import type { ServerContext } from '../server-context.ts'
import { existing } from './read.ts'

interface Pod extends KubeObject {
  spec: {
    nodeName?: string
    containers: { name: string; ports?: { containerPort: number }[] }[]
    initContainers?: { name: string }[]
  }
}

/** GET of pods/log. */
export async function readPodLog(
  { nodeAccess }: ServerContext,
  request: ApiRequest,
  target: Target,
): Promise<TransportResponse> {
  const pod = existing(target) as Pod
  const options = logOptions(request, pod)
  if (pod.spec.nodeName === undefined || nodeAccess === undefined) return new TextAnswer(200, '', 'text/plain')
  let log: string | AsyncIterable<string>
  try {
    log = await nodeAccess.log(pod, options)
  } catch (error) {
    throw new ApiError({ code: 400, reason: 'BadRequest', message: (error as Error).message })
  }
  if (typeof log === 'string') return new TextAnswer(200, log, 'text/plain')
  const stream = new StreamAnswer('text/plain')
  void copy(log, stream)
  return stream
}

async function copy(log: AsyncIterable<string>, stream: StreamAnswer): Promise<void> {
  try {
    for await (const text of log) {
      if (stream.ended) return
      stream.write(Buffer.from(text))
    }
    stream.end()
  } catch (error) {
    stream.fail(error)
  }
}

function logOptions({ query, signal }: ApiRequest, pod: Pod): LogOptions {
  const names = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].map(({ name }) => name)
  const container = query['container'] || undefined
  const shown = `[${pod.spec.containers.map(({ name }) => name).join(' ')}]`
  if (container === undefined && pod.spec.containers.length > 1) {
    throw badRequest(`a container name must be specified for pod ${pod.metadata.name}, choose one of: ${shown}`)
  }
  if (container !== undefined && !names.includes(container)) {
    throw badRequest(`container ${container} is not valid for pod ${pod.metadata.name}`)
  }
  const tailLines = Number(query['tailLines'] ?? Number.NaN)
  return {
    ...(container === undefined ? {} : { container }),
    follow: query['follow'] !== undefined && isTrue(query['follow']),
    previous: query['previous'] !== undefined && isTrue(query['previous']),
    ...(Number.isNaN(tailLines) ? {} : { tailLines }),
    ...(signal === undefined ? {} : { signal }),
  }
}

/** Any request to pods/proxy. The name may carry a scheme and a port: `web`, `web:8080`, `http:web:8080`. */
export async function proxyToPod(
  { nodeAccess }: ServerContext,
  request: ApiRequest,
  target: Target,
): Promise<TransportResponse> {
  const [first = '', second, third] = (target.name ?? '').split(':')
  const hasScheme = third !== undefined
  const name = hasScheme ? (second ?? '') : first
  const asked = hasScheme ? third : second
  const pod = existing({ ...target, name }) as Pod
  const port = Number(asked ?? pod.spec.containers[0]?.ports?.[0]?.containerPort ?? 80)
  if (nodeAccess === undefined) throw serviceUnavailable('no kubelet is connected')
  const { method, headers, body, signal } = request
  const query = new URLSearchParams(request.query).toString()
  const path = `${target.rest === '' ? '/' : target.rest}${query === '' ? '' : `?${query}`}`
  try {
    return await nodeAccess.proxy(pod, {
      port,
      path,
      method,
      headers,
      ...(body === '' ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
    })
  } catch (error) {
    throw serviceUnavailable(`error trying to reach service: ${(error as Error).message}`)
  }
}
