import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { drainErrors } from '../../src/drain-server/errors.ts'
import { exitCodes } from '../../src/drain-server/index.ts'

const readme = readFileSync(new URL('../../src/drain-server/README.md', import.meta.url), 'utf8')

/** The cells of the table under a heading, without its head. */
function table(heading: string): string[][] {
  const section = readme.split(`\n### ${heading}\n`)[1]?.split('\n#')[0] ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('|'))
  const cells = rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  return cells.slice(2)
}

test('the README has a row for every error code, with what the code says, and for no other', () => {
  const documented = table('Errors').map(([code = '', meaning = '']) => [code.replaceAll('`', ''), meaning])
  expect(documented.map(([code]) => code)).toEqual(Object.keys(drainErrors))
  for (const [code, meaning] of documented) {
    expect(meaning?.replaceAll('`', '')).toBe(drainErrors[code as keyof typeof drainErrors])
  }
})

test('the README has a row for every exit code, in the order of the one that counts', () => {
  const documented = table('Exit codes').map(([code, name = '']) => [name.replaceAll('`', ''), Number(code)])
  expect(documented).toEqual([...Object.entries(exitCodes), ['', 137]])
})

test('every environment variable that is read is in the README or in the documentation of an option', () => {
  const sources = ['options.ts', 'process/contract.ts'].map((file) =>
    readFileSync(new URL(`../../src/drain-server/${file}`, import.meta.url), 'utf8'),
  )
  const read = new Set(
    sources.flatMap((source) => source.match(/'DRAIN_[A-Z_]+'/g) ?? []).map((name) => name.slice(1, -1)),
  )
  const told = new Set(`${readme}${sources[0]?.split('export interface Settings')[0]}`.match(/DRAIN_[A-Z_]+/g))
  expect(read.size).toBeGreaterThan(8)
  expect([...read].filter((name) => !told.has(name))).toEqual([])
})
