import { chmod, mkdir, mkdtemp, readFile, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheRoot } from '../cache.ts'
import { ClusterError } from '../cluster-error.ts'
import { freeSubnets } from './addresses.ts'
import { removeCgroup } from './cgroups.ts'
import { Machine } from './machine.ts'
import { hostLink, networksInUse, removeHostLink } from './network.ts'
import { type ProcessIdentity, isSameProcess } from './processes.ts'

/** What is written down about a cluster, in `cluster.json` of its run folder. */
export interface ClusterRecord {
  /** The cluster's network is `10.x.0.0/16`. */
  readonly x: number
  readonly nodes: readonly string[]
  /** Whose cluster it is: without that process it is abandoned. Absent once it is ready and is to outlive its maker. */
  readonly owner?: ProcessIdentity
  /** Absent until all nodes are Ready. */
  readonly ready?: { readonly kubeconfigPath: string; readonly kubernetesVersion: string; readonly kubectlPath: string }
}

export const CONTROL_PLANE = 'control-plane'

/** The folder of one cluster: everything that it writes is in here, and everything that runs is found through here. */
export class RunFolder {
  readonly path: string
  readonly x: number

  constructor(path: string, x: number) {
    this.path = path
    this.x = x
  }

  machine(name: string, searchFirst: readonly string[] = []): Machine {
    return new Machine(name, join(this.path, name), searchFirst)
  }

  /** Below this control group are all pods. */
  get cgroup(): string {
    return `/${hostLink(this.x)}`
  }

  async record(): Promise<ClusterRecord | undefined> {
    const text = await readFile(join(this.path, 'cluster.json'), 'utf8').catch(() => undefined)
    return text === undefined ? undefined : (JSON.parse(text) as ClusterRecord)
  }

  async write(record: ClusterRecord): Promise<void> {
    const draft = join(this.path, 'cluster.json.draft')
    await writeFile(draft, `${JSON.stringify(record, null, 2)}\n`)
    await rename(draft, join(this.path, 'cluster.json'))
  }

  /** Ends the cluster: its processes, and with them its mounts, namespaces and links; its control groups and files. */
  async destroy(): Promise<void> {
    const names = (await readdir(this.path, { withFileTypes: true }).catch(() => [])).filter((one) => one.isDirectory())
    await Promise.all(names.map(({ name }) => this.machine(name).stop()))
    await removeHostLink(this.x)
    await removeCgroup(this.cgroup)
    await rm(this.path, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** What became of a cluster: `starting` and `running` belong to a living process or were asked to stay. */
export type ClusterState = 'starting' | 'running' | 'abandoned'

export async function stateOf(folder: RunFolder): Promise<ClusterState> {
  const record = await folder.record()
  if (record === undefined) return 'abandoned'
  if (record.owner !== undefined && !(await isSameProcess(record.owner))) return 'abandoned'
  if (record.ready === undefined) return record.owner === undefined ? 'abandoned' : 'starting'
  for (const name of [CONTROL_PLANE, ...record.nodes])
    if ((await folder.machine(name).firstProcess()) === undefined) return 'abandoned'
  return 'running'
}

/** All clusters of this user on this machine, in whatever state. */
export async function runFolders(): Promise<readonly RunFolder[]> {
  const root = await clustersRoot()
  const names = (await readdir(root)).filter((name) => /^10\.\d+$/.test(name))
  return names.map((name) => new RunFolder(join(root, name), Number(name.slice(3))))
}

/**
 * Makes the folder of a new cluster, which takes the first free network with it: it appears with its record inside, by
 * a rename that fails where there is such a folder already, so two clusters never get the same network.
 */
export async function makeRunFolder(owner: ProcessIdentity, nodes: readonly string[]): Promise<RunFolder> {
  const root = await clustersRoot()
  const draft = await mkdtemp(join(root, 'draft-'))
  try {
    await chmod(draft, 0o755)
    for (const x of freeSubnets(await networksInUse())) {
      await new RunFolder(draft, x).write({ x, nodes, owner })
      const path = join(root, `10.${x}`)
      try {
        await rename(draft, path)
        return new RunFolder(path, x)
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST')))
          throw error
      }
    }
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  throw new ClusterError('NoFreeSubnet', `every network has a cluster in ${root}`)
}

/** With links resolved, because the kernel names programs by their real paths. */
async function clustersRoot(): Promise<string> {
  const path = join(cacheRoot(), 'clusters')
  await mkdir(path, { recursive: true })
  return realpath(path)
}
