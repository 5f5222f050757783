import { access, constants } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../command.ts'
import type { MissingPiece } from '../provider.ts'
import { binariesBuilt } from './binaries.ts'

/** Where CNI plugins are, on Debian first and elsewhere after it. */
export const CNI_FOLDERS = ['/usr/lib/cni', '/opt/cni/bin', '/usr/libexec/cni']

/** Folders with programs of the system, also where the user's PATH leaves out those for root. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/bin', '/bin']

/** A PATH on which the given folders come first and the system's are all there. */
export function searchPath(first: readonly string[] = []): string {
  return [...new Set([...first, ...(process.env['PATH'] ?? '').split(':'), ...SYSTEM_FOLDERS])].join(':')
}

/** A program that is not built here, and the Debian package that has it. */
const SYSTEM_PROGRAMS: Readonly<Record<string, string>> = {
  runc: 'runc',
  ip: 'iproute2',
  nft: 'nftables',
  iptables: 'iptables',
  conntrack: 'conntrack',
  openssl: 'openssl',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  mount: 'mount',
}

const CNI_PACKAGE = 'containernetworking-plugins'

/** The Debian packages that are needed and not installed. */
export async function missingPackages(): Promise<readonly string[]> {
  const packages = new Set<string>()
  for (const [program, name] of Object.entries(SYSTEM_PROGRAMS)) if (!(await findProgram(program))) packages.add(name)
  for (const plugin of ['ptp', 'host-local', 'portmap'])
    if (!(await findIn(CNI_FOLDERS, plugin))) packages.add(CNI_PACKAGE)
  return [...packages].sort()
}

/** What this machine lacks for the local provider. */
export async function missingPieces(): Promise<readonly MissingPiece[]> {
  if (process.platform !== 'linux') return [{ what: 'Linux', cure: 'run it on Linux, or use the kind provider' }]
  const pieces: MissingPiece[] = []
  if (process.getuid?.() !== 0)
    pieces.push({ what: 'root', cure: 'run it as root, or in a container that is privileged' })
  for (const name of await missingPackages())
    pieces.push({ what: `the Debian package ${name}`, cure: `apt-get update && apt-get install -y ${name}` })
  if (!(await binariesBuilt()) && !(await findProgram('go')))
    pieces.push({ what: 'Go 1.26 or newer', cure: 'install the Go toolchain and put `go` on PATH' })
  return pieces
}

/** Installs the packages where this is a Debian machine and we are root; elsewhere does nothing. */
export async function installPackages(signal: AbortSignal, progress: (line: string) => void): Promise<void> {
  const packages = await missingPackages()
  if (packages.length === 0 || process.getuid?.() !== 0 || !(await findProgram('apt-get'))) return
  progress(`installing ${packages.join(' ')}`)
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  await runCommand(['apt-get', 'update', '-qq'], { signal, env })
  await runCommand(['apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...packages], { signal, env })
}

async function findProgram(name: string): Promise<string | undefined> {
  return findIn(searchPath().split(':'), name)
}

async function findIn(folders: readonly string[], name: string): Promise<string | undefined> {
  for (const folder of folders) {
    const path = join(folder, name)
    try {
      await access(path, constants.X_OK)
      return path
    } catch {
      // Not in this folder.
    }
  }
  return undefined
}
