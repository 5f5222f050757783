import { mkdir, readFile, readdir, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** Makes a control group in every hierarchy: cgroup v2 has one, v1 has one for each controller. */
export async function makeCgroup(path: string): Promise<void> {
  for (const hierarchy of await hierarchies()) await mkdir(join(hierarchy, path), { recursive: true })
}

/** Removes a control group, and those below it, from every hierarchy. No process may live in them any more. */
export async function removeCgroup(path: string): Promise<void> {
  for (const hierarchy of await hierarchies()) await removeBelow(join(hierarchy, path))
}

async function removeBelow(path: string): Promise<void> {
  const below = await readdir(path, { withFileTypes: true }).catch(() => undefined)
  if (below === undefined) return
  for (const entry of below) if (entry.isDirectory()) await removeBelow(join(path, entry.name))
  // The kernel lets go of a control group a moment after its last process.
  for (let attempt = 1; ; attempt++) {
    try {
      await rmdir(path)
      return
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
      if (attempt === 50) throw error
      await pause(20)
    }
  }
}

/** Where control groups are mounted. The fifth field of a line is the mount point, see proc_pid_mountinfo(5). */
async function hierarchies(): Promise<readonly string[]> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n')
  return lines.filter((line) => / - cgroup2? /.test(line)).map((line) => line.split(' ')[4] ?? '')
}
