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
  const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string }
  const own = {
    drainkeeper: version,
    commit: commitOf(),
    node: process.versions.node,
    kernel: release(),
    machine: machine(),
  }
  writeFileSync(path, `${JSON.stringify({ ...artifact, versions: { ...own, ...versions } }, null, 2)}\n`)
  return path
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
