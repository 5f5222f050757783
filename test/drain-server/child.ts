import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { DrainOptions, DrainReport } from '../../src/drain-server/index.ts'

export interface Child {
  process: ChildProcess
  port: number
  adminUrl: string
  /** What the process wrote to stdout after its ports: the report. */
  exited: Promise<{
    code: number | null
    signal: NodeJS.Signals | null
    report: DrainReport | undefined
    stdout: string[]
  }>
}

/** Starts fixtures/server.ts, or another such. The caller ends it: by a drain, or by killing `process`. */
export async function startChild(
  options: DrainOptions = {},
  environment: NodeJS.ProcessEnv = {},
  fixture = 'fixtures/server.ts',
): Promise<Child> {
  const child = spawn(process.execPath, [new URL(fixture, import.meta.url).pathname], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      OPTIONS: JSON.stringify({ admin: { port: 0, host: '127.0.0.1' }, ...options }),
      ...environment,
    },
  })
  const stdout: string[] = []
  const lines = createInterface(child.stdout)
  const exit = Promise.all([once(child, 'exit'), once(lines, 'close')])
  const [first] = (await Promise.race([once(lines, 'line'), exit.then(() => ['{}'])])) as [string]
  lines.on('line', (line) => stdout.push(line))
  const { port, adminPort } = JSON.parse(first) as { port: number; adminPort: number }
  return {
    process: child,
    port,
    adminUrl: `http://127.0.0.1:${adminPort}`,
    exited: exit.then(([[code, signal]]) => {
      const line = stdout.find((text) => text.startsWith('{"schema"'))
      return { code, signal, stdout, report: line === undefined ? undefined : (JSON.parse(line) as DrainReport) }
    }),
  }
}
