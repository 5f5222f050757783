import { readFile, readdir, readlink } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'

/** All processes of this machine that run the program at `path`. */
export async function processesRunning(path: string): Promise<readonly number[]> {
  const found: number[] = []
  for (const pid of await allProcesses()) if ((await programOf(pid)) === path) found.push(pid)
  return found
}

/** Path of the program that a process runs; undefined when it is gone. */
async function programOf(pid: number): Promise<string | undefined> {
  return readlink(`/proc/${pid}/exe`).catch(() => undefined)
}

export type NamespaceKind = 'mnt' | 'pid'

/** Names the namespace of a kind that a process lives in; undefined when it is gone. */
export async function namespaceOf(pid: number, kind: NamespaceKind): Promise<string | undefined> {
  return readlink(`/proc/${pid}/ns/${kind}`).catch(() => undefined)
}

/** All processes of this machine that live in a namespace, as `namespaceOf` names it. */
export async function processesIn(kind: NamespaceKind, namespace: string): Promise<readonly number[]> {
  const found: number[] = []
  for (const pid of await allProcesses()) if ((await namespaceOf(pid, kind)) === namespace) found.push(pid)
  return found
}

/** Kills processes and resolves when none of them runs any more, nor any of their threads. */
export async function killAndWait(pids: readonly number[]): Promise<void> {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // Gone already.
    }
  }
  for (const pid of pids) while (await isRunning(pid)) await pause(10)
}

/**
 * Whether some thread is left: the first process of a namespace shows as dead before the last of its threads has
 * ended everything else in there.
 */
async function isRunning(pid: number): Promise<boolean> {
  const fields = await statOf(pid)
  return fields !== undefined && (isAlive(fields) || Number(fields[THREADS]) > 1)
}

/** A process by its number and the time of its birth: numbers are used again, pairs are not. */
export interface ProcessIdentity {
  readonly pid: number
  readonly startTicks: string
}

export async function identityOf(pid: number): Promise<ProcessIdentity | undefined> {
  const fields = await statOf(pid)
  const startTicks = fields?.[START_TICKS]
  return fields === undefined || startTicks === undefined || !isAlive(fields) ? undefined : { pid, startTicks }
}

export async function isSameProcess(identity: ProcessIdentity): Promise<boolean> {
  return (await identityOf(identity.pid))?.startTicks === identity.startTicks
}

async function allProcesses(): Promise<readonly number[]> {
  return (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry)).map(Number)
}

const STATE = 0
const THREADS = 17
const START_TICKS = 19

function isAlive(fields: readonly string[]): boolean {
  return fields[STATE] !== 'Z' && fields[STATE] !== 'X'
}

/** The fields of /proc/PID/stat after the program's name, from the state on; undefined when there is no such process. */
async function statOf(pid: number): Promise<readonly string[] | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  return text
    ?.slice(text.lastIndexOf(')') + 2)
    .trim()
    .split(' ')
}
