import { createHash } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { cachedFolder, cacheKey, cacheRoot, exists } from '../cache.ts'
import { runCommand } from '../command.ts'

/** A Go module of this folder, and the programs that are built from it. */
export interface GoProgramModule {
  /** Folder below `go/`. */
  readonly folder: string
  /** Binary name to Go package. */
  readonly programs: Readonly<Record<string, string>>
  /** Packages whose variables `gitVersion`, `gitMajor` ... are set to the version of the module named here. */
  readonly versioned?: { readonly module: string; readonly packages: readonly string[] }
}

export const KUBERNETES: GoProgramModule = {
  folder: 'kubernetes',
  programs: Object.fromEntries(
    ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy', 'kubectl'].map((name) => [
      name,
      `k8s.io/kubernetes/cmd/${name}`,
    ]),
  ),
  versioned: {
    module: 'k8s.io/kubernetes',
    packages: ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'],
  },
}

export const ETCD: GoProgramModule = { folder: 'etcd', programs: { etcd: 'go.etcd.io/etcd/server/v3' } }

export const CONTAINERD: GoProgramModule = {
  folder: 'containerd',
  programs: Object.fromEntries(
    ['containerd', 'containerd-shim-runc-v2', 'ctr'].map((name) => [
      name,
      `github.com/containerd/containerd/v2/cmd/${name}`,
    ]),
  ),
}

export const PAUSE: GoProgramModule = { folder: 'pause', programs: { pause: 'drainkeeper.dev/e2e/pause' } }

const MODULES = [PAUSE, CONTAINERD, ETCD, KUBERNETES]

const sources = join(import.meta.dirname, 'go')

/** Where the programs of all modules are. */
export interface Binaries {
  /** Path of a program by its name. */
  path(program: string): string
  /** All folders with programs, to be searched first. */
  readonly folders: readonly string[]
  /** Of Kubernetes, without the `v`. */
  readonly kubernetesVersion: string
}

/** Whether all programs are built already, so that no Go is needed. */
export async function binariesBuilt(): Promise<boolean> {
  for (const module of MODULES) if (!(await exists((await describe(module)).folder))) return false
  return true
}

/** The programs of all modules, built where the cache does not have them yet: minutes at first, nothing afterwards. */
export async function buildBinaries(signal: AbortSignal, progress: (line: string) => void): Promise<Binaries> {
  const folders = new Map<string, string>()
  for (const module of MODULES) {
    const { folder, flags } = await describe(module)
    const names = Object.keys(module.programs)
    for (const name of names) folders.set(name, folder)
    await cachedFolder(folder, async (draft) => {
      for (const [name, goPackage] of Object.entries(module.programs)) {
        progress(`building ${name}${name === 'kube-apiserver' ? ' (the first of Kubernetes takes minutes)' : ''}`)
        await runCommand(['go', 'build', ...flags, '-o', join(draft, name), goPackage], {
          cwd: join(sources, module.folder),
          env: { CGO_ENABLED: '0', GOWORK: 'off' },
          signal,
        })
      }
    })
  }
  return {
    path: (program) => join(folders.get(program) ?? missing(program), program),
    folders: [...new Set(folders.values())],
    kubernetesVersion: (await versionOf(KUBERNETES, 'k8s.io/kubernetes')).slice(1),
  }
}

/** The flags to build a module with, and the folder that holds exactly what those flags and these sources give. */
async function describe(module: GoProgramModule): Promise<{ readonly folder: string; readonly flags: string[] }> {
  const flags = ['-p', '2', '-trimpath', '-buildvcs=false', '-ldflags', await linkerFlags(module)]
  const content: string[] = []
  for (const file of (await readdir(join(sources, module.folder))).sort()) {
    const bytes = await readFile(join(sources, module.folder, file))
    content.push(file, createHash('sha256').update(bytes).digest('hex'))
  }
  const key = cacheKey([process.arch, JSON.stringify(module), ...flags, ...content])
  return { folder: join(cacheRoot(), 'bin', `${module.folder}-${key}`), flags }
}

/** Clients compare versions with the server's, so an unset version is an error waiting to happen. */
async function linkerFlags(module: GoProgramModule): Promise<string> {
  const flags = ['-s', '-w']
  if (module.versioned !== undefined) {
    const version = await versionOf(module, module.versioned.module)
    const [major, minor] = version.slice(1).split('.')
    for (const at of module.versioned.packages)
      flags.push(
        ...[`gitVersion=${version}`, `gitMajor=${major}`, `gitMinor=${minor}`, 'gitTreeState=clean'].map(
          (variable) => `-X ${at}.${variable}`,
        ),
      )
  }
  return flags.join(' ')
}

async function versionOf(module: GoProgramModule, path: string): Promise<string> {
  const text = await readFile(join(sources, module.folder, 'go.mod'), 'utf8')
  return requiredVersion(text, path)
}

/** The version, with its `v`, that a go.mod requires of a module. */
export function requiredVersion(goMod: string, module: string): string {
  const line = goMod.split('\n').find((line) =>
    line
      .replace(/^require /, '')
      .trim()
      .startsWith(`${module} v`),
  )
  const version = line
    ?.replace(/^require /, '')
    .trim()
    .split(' ')[1]
  if (version === undefined) throw new TypeError(`go.mod does not require ${module}`)
  return version
}

function missing(program: string): never {
  throw new TypeError(`no module builds ${program}`)
}
