/** One thing that was tried. */
export interface Row {
  readonly what: string
  readonly expected: string
  readonly found: string
  readonly pass: boolean
}
