import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ContractFile } from '../../../src/drain-server/process/contract-file.ts'
import { recordingLogger } from '../in-process.ts'
import type { LogEntry } from '../in-process.ts'

function newPath(text?: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'contract-')), 'contract.json')
  if (text !== undefined) writeFileSync(path, text)
  return path
}

function open(path: string) {
  const log: LogEntry[] = []
  return { file: new ContractFile(path, recordingLogger(log)), log }
}

describe('a contract file', () => {
  test('states its terms; names that are not known are left alone', () => {
    const path = newPath('{"delaySeconds": 1.5, "graceSeconds": 41, "maxDelaySeconds": 9, "comment": "by hand"}')
    const { file, log } = open(path)
    expect(file.read()).toEqual({ delaySeconds: 1.5, graceSeconds: 41, maxDelaySeconds: 9 })
    expect(log).toEqual([])
  })

  test('that changes says something new each time', () => {
    const path = newPath('{"delaySeconds": 1}')
    const { file, log } = open(path)
    writeFileSync(path, '{"graceSeconds": 50}')
    expect(file.read()).toEqual({ graceSeconds: 50 })
    expect(log).toEqual([])
  })

  test('may be missing, which is told, and come later', () => {
    const path = newPath()
    const { file, log } = open(path)
    expect(log).toEqual([
      { level: 'info', message: 'there is no contract file; it may come before the drain does', path },
    ])
    expect(file.read()).toEqual({})
    writeFileSync(path, '{"delaySeconds": 3}')
    expect(file.read()).toEqual({ delaySeconds: 3 })
    expect(log).toHaveLength(1)
  })

  test.each<[string, (path: string) => void, string]>([
    ['is gone', (path) => rmSync(path), 'Error: the file is gone'],
    ['is cut off', (path) => writeFileSync(path, '{"delay'), 'is not JSON'],
    [
      'is out of range',
      (path) => writeFileSync(path, '{"delaySeconds": -1}'),
      'delaySeconds must be a number of seconds',
    ],
  ])('that %s later: what it said before stays in force, with a warning', (_sentence, spoil, problem) => {
    const path = newPath('{"delaySeconds": 3}')
    const { file, log } = open(path)
    spoil(path)
    expect(file.read()).toEqual({ delaySeconds: 3 })
    expect(log).toEqual([
      {
        level: 'warn',
        message: 'the contract file has become useless: what it said before stays in force',
        path,
        error: expect.stringContaining(problem),
        terms: { delaySeconds: 3 },
      },
    ])
  })

  test('that comes malformed states nothing, with a warning', () => {
    const path = newPath()
    const { file, log } = open(path)
    writeFileSync(path, 'delay: 3')
    expect(file.read()).toEqual({})
    expect(log.at(-1)).toMatchObject({ level: 'warn', terms: {} })
  })

  test.each([
    ['', 'is not JSON: SyntaxError: Unexpected end of JSON input'],
    ['[1]', 'is not a JSON object'],
    ['null', 'is not a JSON object'],
    ['2', 'is not a JSON object'],
    ['{"delaySeconds": "2"}', "delaySeconds must be a number of seconds from 0 to 3600, got '2'"],
    ['{"delaySeconds": null}', 'delaySeconds must be a number of seconds from 0 to 3600, got null'],
    ['{"maxDelaySeconds": 3601}', 'maxDelaySeconds must be a number of seconds from 0 to 3600, got 3601'],
  ])('of %o is refused', (text, problem) => {
    const path = newPath(text)
    const message = `contract file ${path}: ${problem}`
    expect(() => open(path)).toThrow(expect.objectContaining({ code: 'ERR_DRAIN_OPTION', message }))
  })

  test('that cannot be read is refused', () => {
    const path = newPath()
    mkdirSync(path)
    expect(() => open(path)).toThrow(expect.objectContaining({ message: expect.stringContaining('cannot be read') }))
  })
})
