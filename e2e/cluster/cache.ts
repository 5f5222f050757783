import { createHash, randomBytes } from 'node:crypto'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

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
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.draft`
  await mkdir(dirname(path), { recursive: true })
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

export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch {
    return false
  }
}
