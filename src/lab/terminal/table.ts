import { cut, type Look, paint, type Tone } from './look.ts'

export interface Cell {
  readonly text: string
  readonly tone?: Tone
}

export interface Section {
  readonly title: string
  readonly rows: readonly { readonly label: string; readonly cells: readonly Cell[] }[]
}

/** Labelled rows in sections, under one heading per column of figures. */
export interface Table {
  readonly headings: readonly string[]
  readonly sections: readonly Section[]
}

const GAP = 2
const MIN_LABEL_WIDTH = 8

/** The width that the table needs to show everything. */
export function tableWidth(table: Table, look: Look): number {
  return widthsOf(table).total + (look.unicode ? 4 : 0)
}

/**
 * The table as lines: in a box on a terminal, indented without one elsewhere. Figures are aligned to the right. Where
 * the width does not suffice, labels are cut; no line is wider than the look, down to the figures' own width.
 */
export function renderTable(table: Table, look: Look): string[] {
  const { cells, label } = widthsOf(table)
  const frame = look.unicode ? 4 : 0
  const figures = cells.reduce((sum, width) => sum + width + GAP, 0)
  const labelWidth = Math.max(MIN_LABEL_WIDTH, Math.min(label, look.width - figures - frame))
  const inner = labelWidth + figures

  const line = (text: string, width: number) =>
    look.unicode ? `│ ${text}${' '.repeat(inner - width)} │` : text.trimEnd()
  const row = (labelText: string, rowCells: readonly Cell[]) => {
    const shownLabel = cut(look, labelText, labelWidth)
    const shown = cells.map((width, index) => {
      const { text = '', tone = 'plain' } = rowCells[index] ?? {}
      return ' '.repeat(GAP + width - text.length) + paint(look, tone, text)
    })
    return line(shownLabel + ' '.repeat(labelWidth - shownLabel.length) + shown.join(''), inner)
  }
  const rule = (left: string, right: string, title = '') => {
    const shownTitle = title === '' ? '' : ` ${cut(look, title, inner - 2)} `
    const filled = '─'.repeat(inner + 1 - shownTitle.length)
    return `${left}─${paint(look, 'strong', shownTitle)}${filled}${right}`
  }

  const heading = row(
    '',
    table.headings.map((text) => ({ text, tone: 'strong' })),
  )
  const sections = table.sections.flatMap(({ title, rows }) => [
    look.unicode ? rule('├', '┤', title) : title,
    ...rows.map(({ label: rowLabel, cells: rowCells }) => row(look.unicode ? rowLabel : `  ${rowLabel}`, rowCells)),
  ])
  return look.unicode ? [rule('╭', '╮'), heading, ...sections, rule('╰', '╯')] : [heading, ...sections]
}

function widthsOf({ headings, sections }: Table): { label: number; cells: number[]; total: number } {
  const rows = sections.flatMap((section) => section.rows)
  const cells = headings.map((heading, index) =>
    Math.max(heading.length, ...rows.map((row) => row.cells[index]?.text.length ?? 0)),
  )
  const label = 2 + Math.max(0, ...rows.map((row) => row.label.length))
  return { label, cells, total: label + cells.reduce((sum, width) => sum + width + GAP, 0) }
}
