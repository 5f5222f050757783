import { writeFileSync } from 'node:fs'
import type { PropagationSample } from '../src/lab/index.ts'
import { artifactPath } from './artifact.ts'
import { operatorNamespace } from '../src/lab/stage/index.ts'
import type { Testbed } from './testbed.ts'

/** The operator as it is seen from outside: its pod, its metrics, its log. */
export async function operatorPod(testbed: Testbed): Promise<string> {
  const names = await testbed.kubectl.run([
    '-n',
    operatorNamespace,
    'get',
    'pods',
    '-l',
    'app.kubernetes.io/name=drainkeeper',
    '--field-selector=status.phase=Running',
    '-o',
    'jsonpath={.items[*].metadata.name}',
  ])
  const [name] = names.split(' ')
  if (name === undefined || name === '') throw new Error('the operator has no running pod')
  return name
}

/** Requests to the API server since the operator's start, by `verb resource`. */
export type RequestCounts = Map<string, number>

export interface OperatorMetricsRead {
  requests: RequestCounts
  residentBytes: number
}

export async function operatorMetrics(testbed: Testbed): Promise<OperatorMetricsRead> {
  const path = `/api/v1/namespaces/${operatorNamespace}/pods/${await operatorPod(testbed)}:8080/proxy/metrics`
  const response = await testbed.transport.request({ method: 'GET', path, verb: 'get', resource: 'pods/proxy' })
  const text = await response.text()
  const requests: RequestCounts = new Map()
  for (const [, labels = '', value] of text.matchAll(/^drainkeeper_api_requests_total\{([^}]*)\} (\S+)$/gm)) {
    const label = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(labels)?.[1] ?? ''
    const key = `${label('verb')} ${label('resource')}`
    requests.set(key, (requests.get(key) ?? 0) + Number(value))
  }
  const resident = /^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]
  return { requests, residentBytes: Number(resident ?? 0) }
}

interface LogLine {
  msg: string
  time: string
  startUpMs?: number
  podName?: string
  sample?: { propagation: { kind: string; valueMs?: number; reason?: string }; offsetMs?: number; clockSkewMs?: number }
  outcome?: { outcome: string; message: string }
}

/** Keeps the log under artifacts/, where a run that failed can be understood; returns its path. */
export async function saveOperatorLog(testbed: Testbed): Promise<string> {
  const path = artifactPath('operator.log')
  writeFileSync(path, await operatorLogText(testbed).catch((error: unknown) => `no log: ${String(error)}\n`))
  return path
}

/** The operator's log, of every container that its pod has had and that kubelet still keeps. */
export async function operatorLog(testbed: Testbed): Promise<LogLine[]> {
  return (await operatorLogText(testbed))
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as LogLine)
}

async function operatorLogText(testbed: Testbed): Promise<string> {
  const pod = await operatorPod(testbed)
  const read = async (...more: string[]): Promise<string> => {
    const { stdout } = await testbed.kubectl.attempt(['-n', operatorNamespace, 'logs', pod, ...more])
    return stdout
  }
  return (await read('--previous')) + (await read())
}

/** What the operator measured of each pod, from its log. */
export function propagationSamples(log: readonly LogLine[]): PropagationSample[] {
  return log.flatMap(({ msg, podName, sample }) =>
    msg === 'pod drained' && podName !== undefined && sample?.propagation.valueMs !== undefined
      ? [{ pod: podName, propagationMs: sample.propagation.valueMs }]
      : [],
  )
}
