/** What the lab shows a person: data to lines, and one thin writer. */
export { type Look, lookOf, type OutputStream } from './look.ts'
export { type Progress, renderProgress } from './progress-line.ts'
export { ProgressWriter } from './progress-writer.ts'
export { renderSummary, type Summary } from './summary.ts'
export { type Cell, renderTable, type Section, type Table } from './table.ts'
