import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Deployments as a real API server (Kubernetes 1.36.3) had them after a case's steps. */
const FILE = join(import.meta.dirname, 'fixtures', 'deployments.json')

export type Recorded = Record<string, Record<string, unknown>>

export function readRecorded(): Recorded {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Recorded
}

export function writeRecorded(recorded: Recorded): void {
  writeFileSync(FILE, `${JSON.stringify(recorded, null, 1)}\n`)
}
