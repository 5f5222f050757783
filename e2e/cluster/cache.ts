import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'

/**
 * The folder for what is costly to make and may be deleted at any time: `$DRAINKEEPER_CACHE`, or `drainkeeper` in the
 * user's cache folder.
 */
export function cacheRoot(env: Readonly<Record<string, string | undefined>> = process.env): string {
  if (env['DRAINKEEPER_CACHE']) return resolve(env['DRAINKEEPER_CACHE'])
  return join(env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache'), 'drainkeeper')
}

/** A short name for the given parts. Different lists of parts have different names, also where their text joins up. */
export function cacheKey(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 24)
}

/**
 * The folder `path`, filled by `fill` unless it is there already. It appears complete or not at all: `fill` works in a
 * folder beside it, which is renamed. Of two that fill it at once, the first to finish wins.
 */
export async function cachedFolder(path: string, fill: (folder: string) => Promise<void>): Promise<string> {
  if (await exists(path)) return path
  await mkdir(dirname(path), { recursive: true })
  await removeOrphans(path)
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.draft`
  await mkdir(draft)
  try {
    await fill(draft)
    await rename(draft, path)
  } catch (error) {
    if (await exists(path)) return path
    throw error
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  return path
}

/** Removes what others were filling when they were killed. */
async function removeOrphans(path: string): Promise<void> {
  for (const name of await readdir(dirname(path))) {
    const maker = name.startsWith(`${basename(path)}.`) ? /\.(\d+)\.[0-9a-f]+\.draft$/.exec(name)?.[1] : undefined
    if (maker !== undefined && !isRunning(Number(maker)))
      await rm(join(dirname(path), name), { recursive: true, force: true })
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch {
    return false
  }
}
