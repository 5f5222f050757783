import { readFile, readdir, readlink } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'

/** All processes of this machine that run the program at `path`. */
export async function processesRunning(path: string): Promise<readonly number[]> {
  const found: number[] = []
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    if ((await programOf(Number(entry))) === path) found.push(Number(entry))
  }
  return found
}

/** Path of the program that a process runs; undefined when it is gone. */
async function programOf(pid: number): Promise<string | undefined> {
  return readlink(`/proc/${pid}/exe`).catch(() => undefined)
}

/** Names the namespace of a kind (`pid`, `net`) that a process lives in. */
export async function namespaceOf(pid: number, kind: 'pid' | 'net'): Promise<string | undefined> {
  return readlink(`/proc/${pid}/ns/${kind}`).catch(() => undefined)
}

/** Kills processes and resolves when the kernel has taken all of them apart, namespaces included. */
export async function killAndWait(pids: readonly number[]): Promise<void> {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // Gone already.
    }
  }
  for (const pid of pids) while ((await statOf(pid)) !== undefined) await pause(10)
}

/** A process by its number and the time of its birth: numbers are used again, pairs are not. */
export interface ProcessIdentity {
  readonly pid: number
  readonly startTicks: string
}

export async function identityOf(pid: number): Promise<ProcessIdentity | undefined> {
  const startTicks = (await statOf(pid))?.[19]
  return startTicks === undefined ? undefined : { pid, startTicks }
}

export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await identityOf(identity.pid))?.startTicks === identity.startTicks
}

/** The fields of /proc/PID/stat after the program's name, from `state` on; undefined for the dead. See proc(5). */
async function statOf(pid: number): Promise<readonly string[] | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  const fields = text
    ?.slice(text.lastIndexOf(')') + 2)
    .trim()
    .split(' ')
  return fields === undefined || fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields
}
