import { request } from 'node:http'
import { text as textOf } from 'node:stream/consumers'
import { type Clock, KubeError, type KubeObject, type TransportResponse } from '../kube/index.ts'
import type { LogOptions, NodeAccess, PodRequest } from './api-server/index.ts'
import type { Kubelet } from './kubelet/index.ts'
import type { PodDialer } from './network/pod-network.ts'

/** The part of a pod that says where it is. */
interface PlacedPod extends KubeObject {
  readonly spec?: { readonly nodeName?: string; readonly containers?: readonly { readonly name: string }[] }
  readonly status?: { readonly podIP?: string }
}

export interface PodAccessOptions {
  readonly kubelets: readonly Kubelet[]
  readonly dialer: PodDialer
  readonly clock: Clock
}

/** How often a log that is followed is looked at. */
const followMs = 100

/** What the API server asks of pods: their logs, and to be a proxy to their ports. */
export function podAccess({ kubelets, dialer, clock }: PodAccessOptions): NodeAccess {
  return {
    async log(object, options) {
      const pod = object as PlacedPod
      const container = options.container ?? pod.spec?.containers?.[0]?.name ?? ''
      const read = (): string | undefined =>
        kubelets
          .find(({ node }) => node === pod.spec?.nodeName)
          ?.logs(pod.metadata.uid ?? '', container, options.previous)
      const written = read()
      if (written === undefined) {
        throw new Error(
          options.previous
            ? `previous terminated container "${container}" in pod "${pod.metadata.name}" not found`
            : `container "${container}" in pod "${pod.metadata.name}" is waiting to start: ContainerCreating`,
        )
      }
      const first = lastLines(written, options.tailLines)
      return options.follow ? followed(first, written, read, clock, options.signal) : first
    },
    proxy: (pod, call) => proxied((pod as PlacedPod).status?.podIP, call, dialer),
  }
}

function lastLines(written: string, lines: number | undefined): string {
  if (lines === undefined) return written
  const all = written.split(/(?<=\n)/)
  return all.slice(Math.max(0, all.length - lines)).join('')
}

/** What is written from now on, until the container is gone or nobody reads any more. */
async function* followed(
  first: string,
  known: string,
  read: () => string | undefined,
  clock: Clock,
  signal: LogOptions['signal'],
): AsyncGenerator<string> {
  if (first !== '') yield first
  let seen = known
  for (;;) {
    if (signal?.aborted === true) return
    const now = read()
    if (now === undefined) return
    const fresh = now.slice(overlap(seen, now))
    if (fresh !== '') yield fresh
    seen = now
    await clock.sleep(followMs, signal).catch(() => {})
  }
}

/** How much of the beginning of `now` was the end of `seen`: a log loses its oldest lines. */
function overlap(seen: string, now: string): number {
  if (now.startsWith(seen)) return seen.length
  const end = seen.slice(-1024)
  const found = now.lastIndexOf(end)
  return found < 0 ? 0 : found + end.length
}

function proxied(podIp: string | undefined, call: PodRequest, dialer: PodDialer): Promise<TransportResponse> {
  const { port, path, method, body, signal } = call
  return new Promise((resolve, reject) => {
    if (podIp === undefined) {
      reject(new Error('address not allowed'))
      return
    }
    const sent = request({
      host: podIp,
      port,
      path,
      method,
      headers: { ...call.headers, host: `${podIp}:${port}`, connection: 'close' },
      createConnection: () => dialer.connect(podIp, port),
      ...(signal === undefined ? {} : { signal }),
    })
    sent.on('error', reject)
    sent.on('response', (response) => {
      const headers: Record<string, string> = {}
      for (const [name, value] of Object.entries(response.headers)) {
        if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
      }
      resolve({
        status: response.statusCode ?? 502,
        headers,
        text: () =>
          textOf(response).catch((cause: unknown) => {
            throw new KubeError('Unavailable', 'the pod broke its answer off', { cause })
          }),
        body: response,
        cancel: () => response.destroy(),
      })
    })
    sent.end(body)
  })
}
