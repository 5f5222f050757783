import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Whose words were recorded; another minor version says some things otherwise. */
const recordedMinor = 'v1.36.'

/** A kubectl of the recorded minor version: of the local cluster's binaries, or of the path. */
export async function kubectlOf(): Promise<string | { missing: string }> {
  const built = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'drainkeeper', 'bin')
  const folders = await readdir(built).catch(() => [])
  const candidates = [
    ...folders.filter((name) => name.startsWith('kubernetes-')).map((name) => join(built, name, 'kubectl')),
    'kubectl',
  ]
  const seen: string[] = []
  for (const path of candidates) {
    const version = await versionOf(path)
    if (version?.startsWith(recordedMinor) === true) return path
    if (version !== undefined) seen.push(version)
  }
  return {
    missing: `kubectl ${recordedMinor}x is needed; ${seen.length === 0 ? 'there is none' : `there is ${seen.join(', ')}`}`,
  }
}

async function versionOf(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(path, ['version', '--client', '-o', 'json'])
    return (JSON.parse(stdout) as { clientVersion?: { gitVersion?: string } }).clientVersion?.gitVersion
  } catch {
    return undefined
  }
}
