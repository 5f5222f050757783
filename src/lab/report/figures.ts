import { formatCount, formatMs, formatShare } from '../terminal/format.ts'
import type { PodTimeline } from '../result.ts'
import { moments } from './marks.ts'

export { formatCount, formatMs, formatShare }

/** Milliseconds as seconds of a timeline: `3.21 s`; a dash when it did not happen. */
export function formatMoment(ms: number | null): string {
  return ms === null ? '–' : `${(ms / 1000).toFixed(2)} s`
}

/** `checkout-6b7f9-x7k2p` -> `x7k2p`: what tells the pods of one Deployment apart. */
export function shortName(pod: string): string {
  return pod.split('-').at(-1) ?? pod
}

/** A pod's end in a sentence: for whoever cannot see the chart, and for who wants it exactly. */
export function podStory(pod: PodTimeline): string {
  const { deletedMs } = pod
  if (deletedMs === null) return `${pod.name} on ${pod.node}: not deleted`
  const later = moments
    .slice(1)
    .flatMap(({ key, name }) => (pod[key] === null ? [] : [`${name} +${formatMoment(pod[key] - deletedMs)}`]))
  const code = pod.exitCode === null ? '' : `, exit code ${pod.exitCode}`
  const ending = pod.ending === null ? '' : ` (${pod.ending})`
  return `${pod.name} on ${pod.node}: deleted at ${formatMoment(deletedMs)}; ${later.join('; ')}${code}${ending}`
}

/** Whether kubelet had to kill it. */
export function wasKilled(pod: PodTimeline): boolean {
  return pod.exitCode === 137
}
