import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { certificate, privateKey } from '../../../test/drain-server/certificate.ts'
import type { Installation } from './installation.ts'
import type { Target } from './target.ts'

/** How a target's process ended, and what it wrote. */
export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** A target that runs. */
export interface Fixture {
  port: number
  adminUrl: string
  exited: Promise<Exit>
  signal(name: NodeJS.Signals): void
  /** Ends the process and all that it started. */
  kill(): void
}

/** @param node the binary to run it with */
export async function startFixture(
  target: Target,
  { folder, nodeArguments }: Installation,
  node: string,
  environment: Record<string, string>,
): Promise<Fixture> {
  const [port, adminPort] = await freePorts()
  const program = join(folder, 'targets', target.file)
  const child = spawn(node, [...nodeArguments, ...(target.nodeArguments ?? []), program], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, so that its workers can be ended with it.
    detached: true,
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      PORT: String(port),
      TLS_KEY: privateKey,
      TLS_CERTIFICATE: certificate,
      DRAIN_ADMIN_PORT: String(adminPort),
      ...environment,
    },
  })
  const output = { stdout: '', stderr: '' }
  const listening = Promise.withResolvers<void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text
    if (output.stdout.includes('listening\n')) listening.resolve()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
  const exited = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, ...output }))
  })
  await Promise.race([listening.promise, exited])
  if (!output.stdout.includes('listening\n')) throw new Error(`${program} does not start:\n${output.stderr}`)
  return {
    port,
    adminUrl: `http://127.0.0.1:${adminPort}`,
    exited,
    signal: (name) => void child.kill(name),
    kill: () => killGroup(child),
  }
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

/** Below the range from which the kernel takes clients' ports, so that nobody else gets them in the meantime. */
const range = { first: 20_000, last: 32_000 }
let next = range.first + Math.floor(Math.random() * (range.last - range.first))

async function freePorts(): Promise<[number, number]> {
  return [await freePort(), await freePort()]
}

async function freePort(): Promise<number> {
  for (;;) {
    next = next >= range.last ? range.first : next + 1
    const server = createServer()
    server.listen(next)
    const bound = await Promise.race([
      once(server, 'listening').then(() => true),
      once(server, 'error').then(() => false),
    ])
    if (!bound) continue
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    return port
  }
}
