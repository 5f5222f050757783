import type { LoadSpec } from '../load-spec.ts'

/** The path to ask for: the lab's workload works for as many milliseconds as `ms` says. */
export function workPath({ target: { path }, workMs }: LoadSpec): string {
  return workMs === 0 ? path : `${path}${path.includes('?') ? '&' : '?'}ms=${workMs}`
}
