import type { Clock } from '../../kube/index.ts'
import type { HttpProbeAnswer, PodNetwork } from '../network/pod-network.ts'
import { type Container, type Handler, type HttpGet, type Probe, portNumber } from './pod.ts'
import type { RunningContainer } from './runtime.ts'

/** Where a handler runs. */
export interface HandlerPlace {
  readonly container: Container
  readonly running: RunningContainer
  readonly podIp: string
  readonly network: PodNetwork
  readonly clock: Clock
}

/** What came of a probe; the text is for the event. */
export interface ProbeResult {
  readonly ok: boolean
  readonly output: string
}

const kubernetesVersion = '1.36'

/** Runs a probe once, within its timeout. Never rejects. */
export async function runProbe(probe: Probe, place: HandlerPlace, signal: AbortSignal): Promise<ProbeResult> {
  const { container, running, podIp, network, clock } = place
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000
  const call = { timeoutMs, signal }
  try {
    if (probe.httpGet !== undefined) return await httpProbe(probe.httpGet, place, call)
    if (probe.tcpSocket !== undefined) {
      const host = probe.tcpSocket.host ?? podIp
      const port = portNumber(probe.tcpSocket.port, container)
      const { failed } = await network.tcpConnect(host, port, call)
      return failed === undefined ? passed : { ok: false, output: dialFailure(failed, host, port) }
    }
    if (probe.grpc !== undefined) {
      const { port, service = '' } = probe.grpc
      const answer = await network.grpcHealth(podIp, port, service, call)
      if ('serving' in answer) {
        return answer.serving === 1 ? passed : { ok: false, output: 'service unhealthy (responded with "NOT_SERVING")' }
      }
      return { ok: false, output: `error: health rpc failed: ${answer.failed}` }
    }
    const command = probe.exec?.command ?? []
    const ending = new AbortController()
    const onAbort = (): void => ending.abort()
    signal.addEventListener('abort', onAbort, { once: true })
    const timer = clock.setTimeout(() => ending.abort(), timeoutMs)
    const exitCode = await running.exec(command, ending.signal)
    timer.cancel()
    signal.removeEventListener('abort', onAbort)
    if (ending.signal.aborted) return { ok: false, output: `command timed out: "${command.join(' ')}"` }
    return exitCode === 0 ? passed : { ok: false, output: '' }
  } catch (error) {
    return { ok: false, output: error instanceof Error ? error.message : String(error) }
  }
}

/**
 * Runs a hook to its end.
 * @throws Error when it failed. An HTTP hook has failed when there was no answer; its status counts for nothing.
 */
export async function runHook(handler: Handler, place: HandlerPlace, signal: AbortSignal): Promise<void> {
  const { container, running, podIp, network, clock } = place
  if (handler.sleep !== undefined) {
    await clock.sleep(handler.sleep.seconds * 1000, signal)
  } else if (handler.exec !== undefined) {
    const exitCode = await running.exec(handler.exec.command, signal)
    if (exitCode !== 0) throw new Error(`command '${handler.exec.command.join(' ')}' exited with ${exitCode}`)
  } else if (handler.httpGet !== undefined) {
    const answer = await get(handler.httpGet, place, 'lifecycle', { timeoutMs: unlimitedMs, signal })
    if ('failed' in answer) throw new Error(answer.failed)
  } else if (handler.tcpSocket !== undefined) {
    const { port, host = podIp } = handler.tcpSocket
    const { failed } = await network.tcpConnect(host, portNumber(port, container), { timeoutMs: unlimitedMs, signal })
    if (failed !== undefined) throw new Error(failed)
  }
}

const passed: ProbeResult = { ok: true, output: '' }
/** A hook has no time of its own: whoever runs it aborts it. */
const unlimitedMs = 2 ** 31 - 1

interface CallTime {
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

async function httpProbe(httpGet: HttpGet, place: HandlerPlace, call: CallTime): Promise<ProbeResult> {
  const answer = await get(httpGet, place, 'probe', call)
  if ('status' in answer) {
    const ok = answer.status >= 200 && answer.status < 400
    return { ok, output: ok ? '' : `HTTP probe failed with statuscode: ${answer.status}` }
  }
  const { scheme = 'HTTP', host = place.podIp, path = '/' } = httpGet
  const port = portNumber(httpGet.port, place.container)
  const why =
    answer.failed === 'TIMEOUT'
      ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
      : dialFailure(answer.failed, host, port)
  return { ok: false, output: `Get "${scheme.toLowerCase()}://${host}:${port}${path}": ${why}` }
}

function get(
  { path = '/', port, host, scheme, httpHeaders = [] }: HttpGet,
  { container, podIp, network }: HandlerPlace,
  purpose: 'probe' | 'lifecycle',
  call: CallTime,
): Promise<HttpProbeAnswer> {
  const stated = Object.fromEntries(httpHeaders.map(({ name, value }) => [name.toLowerCase(), value]))
  const headers = { 'user-agent': `kube-${purpose}/${kubernetesVersion}`, accept: '*/*', ...stated }
  return network.httpGet(host ?? podIp, portNumber(port, container), path, {
    ...call,
    headers,
    scheme: scheme === 'HTTPS' ? 'https' : 'http',
  })
}

function dialFailure(code: string, host: string, port: number): string {
  const target = `dial tcp ${host}:${port}`
  if (code === 'ECONNREFUSED') return `${target}: connect: connection refused`
  if (code === 'ECONNRESET') return `read tcp ${host}:${port}: read: connection reset by peer`
  return code === 'TIMEOUT' ? `${target}: i/o timeout` : `${target}: ${code}`
}
