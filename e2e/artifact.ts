import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

export interface Artifact {
  name: string
  pass: boolean
  figures: Record<string, unknown>
  commands: string[]
  versions: Record<string, string>
}

/** The path of a file in `artifacts/`, which exists then. */
export function artifactPath(file: string): string {
  mkdirSync(`${root}artifacts`, { recursive: true })
  return `${root}artifacts/${file}`
}

/** Writes `artifacts/NAME.json`: what a measuring command found, and with what. Returns its path. */
export function writeArtifact(artifact: Omit<Artifact, 'versions'>, versions: Record<string, string>): string {
  const path = artifactPath(`${artifact.name}.json`)
  writeFileSync(path, `${JSON.stringify({ ...artifact, versions: { ...ownVersions(), ...versions } }, null, 2)}\n`)
  return path
}

/** What was measured, and where: of this checkout and this machine. */
export function ownVersions(): Record<string, string> {
  const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string }
  return {
    drainkeeper: version,
    commit: commitOf(),
    node: process.versions.node,
    kernel: release(),
    machine: machine(),
  }
}

function commitOf(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim()
  } catch {
    return 'unknown'
  }
}

function machine(): string {
  return `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 1024 ** 3)} GiB`
}
