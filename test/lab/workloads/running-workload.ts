import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'

/** Starts the workload on a free port; it ends with the test. */
export async function startWorkload(environment: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, ['--conditions=drainkeeper-source', 'src/lab/workloads/main.ts'], {
    env: { PORT: '0', POD_NAME: 'pod-1', DRAIN_ADMIN_PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  for await (const line of createInterface(child.stdout)) {
    const { listening } = JSON.parse(line) as { listening?: number }
    if (listening !== undefined) {
      child.stdout.resume()
      return { child, exited, port: listening }
    }
  }
  throw new Error(`the workload never listened: ${JSON.stringify(environment)}`)
}
