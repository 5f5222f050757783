import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { cacheRoot } from '../cache.ts'
import { ClusterError } from '../cluster-error.ts'
import { type CommandOptions, runCommand } from '../command.ts'
import { searchPath } from './packages.ts'
import { killAndWait, namespaceOf, processesIn, processesRunning } from './processes.ts'

/** Settings of the kernel that kubelet wants and that belong to this whole machine: it is shown files instead. */
const KUBELET_SYSCTLS: Readonly<Record<string, string>> = {
  'vm/overcommit_memory': '1',
  'vm/panic_on_oom': '0',
  'kernel/panic': '10',
  'kernel/panic_on_oops': '1',
  'kernel/keys/root_maxkeys': '1000000',
  'kernel/keys/root_maxbytes': '25000000',
}

/**
 * One machine of the cluster: a network, process and mount namespace of its own, held by a first process. It sees the
 * files of this machine, with a `/run` and a `/var` of its own. When the first process is killed, the kernel ends every process in
 * it and takes back its mounts and links: nothing has to be remembered, and nothing can be left behind.
 */
export class Machine {
  readonly name: string
  /** Belongs to this machine alone. Its first process runs a program in here, and is found by that. */
  readonly folder: string
  readonly #searchFirst: readonly string[]
  #firstProcess: number | undefined

  constructor(name: string, folder: string, searchFirst: readonly string[]) {
    this.name = name
    this.folder = folder
    this.#searchFirst = searchFirst
  }

  /** Makes the namespaces. `program` becomes the first process. */
  async start(program: string): Promise<void> {
    await mkdir(join(this.folder, 'log'), { recursive: true })
    await copyFile(program, join(this.folder, 'init'))
    const namespaces = ['--net', '--pid', '--mount', '--propagation', 'private']
    const child = spawn('unshare', [...namespaces, '--fork', '--mount-proc', join(this.folder, 'init')], {
      detached: true,
      stdio: 'ignore',
      env: { PATH: searchPath() },
    })
    child.unref()
    await once(child, 'spawn')
    while ((await this.firstProcess()) === undefined) {
      if (child.exitCode !== null) throw new ClusterError('StartFailed', `no namespaces could be made for ${this.name}`)
      await pause(10)
    }
    await this.#mountOwnFiles()
  }

  async #mountOwnFiles(): Promise<void> {
    const lines = ['set -e', ...ownFolders(cacheRoot())]
    await mkdir(join(this.folder, 'sysctl'))
    for (const [setting, value] of Object.entries(KUBELET_SYSCTLS)) {
      const file = join(this.folder, 'sysctl', setting.replaceAll('/', '.'))
      await writeFile(file, `${value}\n`)
      lines.push(`if [ -e /proc/sys/${setting} ]; then mount --bind '${file}' /proc/sys/${setting}; fi`)
    }
    // kubelet asks for it. Only now: mounts before this must not show up twice.
    lines.push('mount --make-rshared /')
    await this.run(['sh', '-c', lines.join('\n')])
  }

  /** Number of the first process; undefined when this machine does not run. */
  async firstProcess(): Promise<number | undefined> {
    const known = this.#firstProcess
    if (known !== undefined && (await namespaceOf(known, 'pid')) !== undefined) return known
    this.#firstProcess = (await processesRunning(join(this.folder, 'init')))[0]
    return this.#firstProcess
  }

  /** @throws ClusterError `NotRunning` */
  async #requireFirstProcess(): Promise<number> {
    const pid = await this.firstProcess()
    if (pid === undefined) throw new ClusterError('NotRunning', `the machine ${this.name} does not run`)
    return pid
  }

  /** The command line that runs `command` in here; `network` shares only the network. */
  async command(command: readonly string[], share: 'all' | 'network' = 'all'): Promise<readonly string[]> {
    const pid = String(await this.#requireFirstProcess())
    const kinds = share === 'all' ? ['--net', '--pid', '--mount'] : ['--net']
    return ['nsenter', '--target', pid, ...kinds, '--', ...command]
  }

  /** Runs a program in here to its end. */
  async run(command: readonly string[], options: CommandOptions = {}): Promise<string> {
    return runCommand(await this.command(command), { ...options, env: { ...this.#environment(), ...options.env } })
  }

  /** Starts a program that goes on when we end. Its output goes to `log/NAME.log`. */
  async startProgram(name: string, command: readonly string[]): Promise<Program> {
    const logPath = join(this.folder, 'log', `${name}.log`)
    const log = await open(logPath, 'a')
    try {
      const [nsenter = '', ...parameters] = await this.command(command)
      const child = spawn(nsenter, parameters, {
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
        env: this.#environment(),
      })
      child.unref()
      const ended = once(child, 'exit').then(async () => {
        const tail = (await readFile(logPath, 'utf8').catch(() => '')).trim().split('\n').slice(-5).join('\n')
        return new ClusterError('StartFailed', `${name} of ${this.name} ended; the end of its log:\n${tail}`)
      })
      return { ended }
    } finally {
      await log.close()
    }
  }

  /** Sends a signal to the processes in here that run the program at `path`. */
  async signal(path: string, signal: NodeJS.Signals): Promise<void> {
    const home = await namespaceOf(await this.#requireFirstProcess(), 'pid')
    for (const pid of await processesRunning(path))
      if ((await namespaceOf(pid, 'pid')) === home) process.kill(pid, signal)
  }

  /** Ends everything in here. May be called twice. */
  async stop(): Promise<void> {
    const first = await this.firstProcess()
    const mounts = first === undefined ? undefined : await namespaceOf(first, 'mnt')
    // The parents of our programs are in the mount namespace, but not in the process namespace that ends with `first`.
    if (first !== undefined && mounts !== undefined) await killAndWait([first, ...(await processesIn('mnt', mounts))])
  }

  #environment(): Record<string, string> {
    return { PATH: searchPath(this.#searchFirst), HOME: '/root', LANG: 'C.UTF-8' }
  }
}

/**
 * Shell commands that give a machine a /run and a /var of its own: the programs of a node write sockets, locks and
 * caches at fixed places there. The cache stays visible, should it be in one of them.
 */
function ownFolders(cache: string): readonly string[] {
  return [
    'mount -t tmpfs -o mode=755 machine /mnt',
    'mkdir /mnt/run /mnt/var /mnt/var/lib /mnt/var/log /mnt/cache',
    'mkdir -m 1777 /mnt/var/tmp',
    'ln -s /run /mnt/var/run',
    `mount --bind '${cache}' /mnt/cache`,
    'mount --bind /mnt/run /run',
    'mount --bind /mnt/var /var',
    `[ -e '${cache}/bin' ] || { mkdir -p '${cache}'; mount --bind /mnt/cache '${cache}'; }`,
    'umount /mnt/cache',
    'umount /mnt',
  ]
}

/** A program that is meant to run for as long as its machine. */
export interface Program {
  /** Resolves, with what its log says, when it ended all the same. */
  readonly ended: Promise<ClusterError>
}
