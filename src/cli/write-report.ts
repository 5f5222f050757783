import { accessSync, appendFileSync, constants, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { renderHtml, renderMarkdown } from '../lab/report/index.ts'
import type { RehearsalEvent } from '../lab/rehearsal/index.ts'
import type { Rehearsal } from '../lab/result.ts'
import { UsageError } from './usage-error.ts'

/** Makes the folder that the files will go to. @throws UsageError when they could not be written there. */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new UsageError(`--out ${folder}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Writes the report's files into a folder, which is made; returns their paths, the one for people first. */
export function writeReport(rehearsal: Rehearsal, events: readonly RehearsalEvent[], folder: string): string[] {
  mkdirSync(folder, { recursive: true })
  const files = {
    'report.html': renderHtml(rehearsal),
    'summary.md': renderMarkdown(rehearsal),
    'rehearsal.json': `${JSON.stringify(rehearsal)}\n`,
    'events.json': `${JSON.stringify(events)}\n`,
  }
  return Object.entries(files).map(([name, text]) => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  })
}

/** Adds the summary to what a GitHub job shows of itself, where it asks for that. */
export function addToJobSummary(rehearsal: Rehearsal, environment: Readonly<Record<string, string | undefined>>): void {
  const { GITHUB_STEP_SUMMARY: path = '' } = environment
  if (path !== '') appendFileSync(path, `${renderMarkdown(rehearsal)}\n`)
}
