import type { Check, Section } from '../check.ts'
import type { Bed } from './bed.ts'

/** For people: rows under their heads. */
export interface Table {
  readonly heads: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export interface PacingSection extends Section {
  table?: Table
}

/** One part of the run, by the name that `--only` takes. */
export interface Scenario {
  readonly name: string
  readonly title: string
  readonly run: (bed: Bed) => Promise<Omit<PacingSection, 'name'>>
}

export const check = (name: string, passed: boolean, detail: string): Check => ({ name, passed, detail })

export function tableLines({ heads, rows }: Table): string[] {
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
  return [line(heads), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)]
}
