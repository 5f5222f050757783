import { join } from 'node:path'
import type { Counts, Stage } from './trial.ts'

const workers = 20

export type GoMode = 'grpc' | 'grpc-stream' | 'http1' | 'h2c' | 'h2'

/**
 * go/client: 20 workers, each pauses 20 ms between two requests.
 * @param keepAlive false: a new connection for each request (http1)
 * @param repeatable the bodies of POSTs can be sent twice, so that what a GOAWAY refuses is repeated
 */
export async function goClient(
  stage: Stage,
  mode: GoMode,
  targets: readonly string[],
  { keepAlive = true, repeatable = false } = {},
): Promise<Counts> {
  const { processes, seconds } = stage
  const command = [
    join(stage.go, 'client'),
    '-mode',
    mode,
    '-targets',
    targets.join(','),
    `-keep=${keepAlive}`,
    `-repeatable=${repeatable}`,
  ]
  const client = processes.start([...command, '-workers', `${workers}`, '-seconds', `${seconds}`])
  return JSON.parse(await client.output()) as Counts
}

/** ghz: 400 unary calls a second over 10 connections. */
export async function ghz({ processes, seconds, go }: Stage, target: string): Promise<Counts> {
  const client = processes.start([
    join(go, 'ghz'),
    '--insecure',
    '--proto',
    join(import.meta.dirname, 'servers', 'echo.proto'),
    '--call',
    'drainkeeper.Echo/Unary',
    '--data',
    '{"payload":"ZWNobw=="}',
    '--concurrency',
    `${workers}`,
    '--connections',
    '10',
    '--rps',
    '400',
    '--duration',
    `${seconds}s`,
    '--duration-stop',
    'wait',
    '--format',
    'json',
    target,
  ])
  const report = JSON.parse(await client.output()) as { count: number; statusCodeDistribution: Record<string, number> }
  return { requests: report.count, outcomes: report.statusCodeDistribution }
}

export type PythonMode = 'requests' | 'httpx' | 'httpx-h2'

/** python/client.py: 20 threads, each pauses 20 ms between two requests. */
export async function pythonClient(stage: Stage, mode: PythonMode, target: string): Promise<Counts> {
  const { processes, seconds, python } = stage
  const script = join(import.meta.dirname, 'python', 'client.py')
  const client = processes.start([
    join(python, 'python3'),
    script,
    mode,
    `http://${target}/`,
    `${seconds}`,
    `${workers}`,
  ])
  return JSON.parse(await client.output()) as Counts
}
