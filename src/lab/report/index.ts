/**
 * What a rehearsal found, for people: a self-contained HTML page and a Markdown summary for a pull request. Pure: a
 * {@link Rehearsal} in, text out. The page loads nothing, works from a file, prints, and follows the reader's theme.
 */
export { renderHtml } from './page.ts'
export { renderMarkdown } from './markdown.ts'
