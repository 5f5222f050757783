import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Everything that one run starts and writes: gone when it ends, however it ends. */
export class Children {
  readonly folder = mkdtempSync(join(tmpdir(), 'drainkeeper-signals-'))
  readonly #running = new Set<ChildProcess>()

  constructor() {
    process.once('exit', () => this.clean())
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const)
      process.once(signal, () => process.exit(code))
  }

  start(command: string, args: string[], env: Record<string, string> = {}): ChildProcess {
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'ignore'] })
    this.#running.add(child)
    child.once('exit', () => this.#running.delete(child))
    return child
  }

  async stop(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!this.#running.has(child)) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }

  clean(): void {
    for (const child of this.#running) child.kill('SIGKILL')
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Debian's Prometheus, unpacked where this run lives: nothing is installed. `PROMETHEUS` names another binary. */
export function prometheusBinary(folder: string): string {
  const given = process.env['PROMETHEUS']
  if (given !== undefined) return given
  if (existsSync('/usr/bin/prometheus')) return '/usr/bin/prometheus'
  execFileSync('apt-get', ['download', 'prometheus'], { cwd: folder, stdio: 'ignore' })
  const archive = readdirSync(folder).find((name) => /^prometheus_.*\.deb$/.test(name))
  if (archive === undefined) throw new Error('apt-get downloaded no package of prometheus')
  execFileSync('dpkg', ['-x', join(folder, archive), folder])
  return join(folder, 'usr/bin/prometheus')
}

export function versionOf(binary: string): string {
  return /version (\S+)/.exec(execFileSync(binary, ['--version'], { encoding: 'utf8' }))?.[1] ?? 'unknown'
}

/** A Prometheus that scrapes one target every `intervalSeconds`. Resolves when it answers queries. */
export async function startPrometheus(
  children: Children,
  binary: string,
  { target, intervalSeconds }: { target: number; intervalSeconds: number },
): Promise<URL> {
  const port = await freePort()
  const config = join(children.folder, 'prometheus.yml')
  const scrape = {
    job_name: 'pods',
    static_configs: [{ targets: [`127.0.0.1:${target}`], labels: { namespace: 'shop', pod: 'cart-1' } }],
  }
  const global = { scrape_interval: `${intervalSeconds}s`, scrape_timeout: `${intervalSeconds}s` }
  writeFileSync(config, JSON.stringify({ global, scrape_configs: [scrape] }))
  children.start(binary, [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(children.folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=error',
  ])
  const url = new URL(`http://127.0.0.1:${port}/`)
  await until(
    'Prometheus is ready',
    async () => (await fetch(new URL('-/ready', url)).catch(() => undefined))?.ok === true,
  )
  return url
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** @throws when it does not become true within 30 s */
export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + 30_000
  while (!(await isSo())) {
    if (performance.now() > deadlineMs) throw new Error(`not within 30 s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
