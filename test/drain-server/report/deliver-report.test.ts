import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { reportLine } from '../../../src/drain-server/report/bounded-report.ts'
import { terminationMessagePath, writeTerminationMessage } from '../../../src/drain-server/report/deliver-report.ts'
import { report } from '../../propagation/fixtures.ts'
import { recordingLogger } from '../in-process.ts'
import type { LogEntry } from '../in-process.ts'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'report-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

test('a report is written where it was told to be, instead of what was there', () => {
  const path = join(folder(), 'message')
  const log: LogEntry[] = []
  writeTerminationMessage(report({ finishedMs: 900_000 }), path, recordingLogger(log))
  writeTerminationMessage(report(), path, recordingLogger(log))
  expect(readFileSync(path, 'utf8')).toBe(reportLine(report()))
  expect(log).toEqual([])
})

test('a report that cannot be written is told to the log', () => {
  const path = join(folder(), 'nowhere', 'message')
  const log: LogEntry[] = []
  writeTerminationMessage(report(), path, recordingLogger(log))
  expect(log).toEqual([
    { level: 'warn', message: 'the drain report could not be written', path, error: expect.stringMatching(/ENOENT/) },
  ])
})

test('none is written when that is what was told', () => {
  const log: LogEntry[] = []
  writeTerminationMessage(report(), false, recordingLogger(log))
  expect(log).toEqual([])
  expect(terminationMessagePath(false)).toBe(false)
  expect(terminationMessagePath('/message')).toBe('/message')
})
