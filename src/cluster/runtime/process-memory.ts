import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * The memory of these processes and of everything that they have started. Linux tells each process's share of what
 * they have in common, such as the node program itself; elsewhere that is counted once for each of them.
 */
export async function memoryOfTrees(pids: readonly number[]): Promise<number> {
  if (process.platform === 'linux') return sum(pids.map(memoryOfTree))
  if (pids.length === 0) return 0
  const { stdout } = await run('ps', ['-A', '-o', 'pgid=,rss='])
  const groups = new Set(pids)
  return stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .reduce((bytes, [group = 0, kibibytes = 0]) => bytes + (groups.has(group) ? kibibytes * 1024 : 0), 0)
}

async function memoryOfTree(pid: number): Promise<number> {
  const children = await read(`/proc/${pid}/task/${pid}/children`)
  const kibibytes =
    /^Pss:\s+(\d+)/m.exec(await read(`/proc/${pid}/smaps_rollup`))?.[1] ??
    /^VmRSS:\s+(\d+)/m.exec(await read(`/proc/${pid}/status`))?.[1] ??
    '0'
  const below = children
    .split(' ')
    .map(Number)
    .filter((child) => child > 0)
  return Number(kibibytes) * 1024 + (await sum(below.map(memoryOfTree)))
}

/** Empty when the process is gone. */
async function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}

async function sum(parts: readonly Promise<number>[]): Promise<number> {
  return (await Promise.all(parts)).reduce((total, part) => total + part, 0)
}
