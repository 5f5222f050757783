/** One thing that was asked of the real cluster, and what was found. */
export interface Check {
  name: string
  passed: boolean
  /** The figure, or the difference. */
  detail: string
}

/** A named part of the e2e run: its checks, and the figures that the documents are generated from. */
export interface Section {
  name: string
  checks: Check[]
  figures: Record<string, unknown>
}
