import type { Phase } from '../process/phase.ts'
import type { HookReport } from '../report/report.ts'
import type { Traffic } from '../traffic/traffic.ts'
import { version } from '../version.ts'

export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8'

const phases: readonly Phase[] = ['serving', 'converging', 'closing', 'done']

/**
 * The Prometheus text format, version 0.0.4. Every label value is there from the start, at zero; only the hooks show
 * when they have ended.
 */
export function renderMetrics(traffic: Traffic, phase: Phase, hooks: readonly HookReport[] = []): string {
  const { durations, outcomes, lateTotals } = traffic
  return [
    ...metric('drain_server_info', 'gauge', 'The version of drain-server, with the value 1.', [
      [`{version="${version}"}`, 1],
    ]),
    ...metric('drain_server_requests_in_flight', 'gauge', 'Requests being served now.', [['', traffic.inFlight]]),
    ...metric(
      'drain_server_requests_total',
      'counter',
      'Requests by status class; aborted: the client left, forced: cut off by a drain. Probes are not counted.',
      Object.entries(outcomes).map(([code, count]) => [`{code="${code}"}`, count]),
    ),
    ...metric(
      'drain_server_request_duration_seconds',
      'histogram',
      'From head received to response finished or aborted.',
      [
        ...durations.buckets().map(({ boundSeconds, count }): Sample => [`_bucket{le="${boundSeconds}"}`, count]),
        ['_bucket{le="+Inf"}', durations.count],
        ['_sum', durations.sumSeconds],
        ['_count', durations.count],
      ],
    ),
    ...metric(
      'drain_server_phase',
      'gauge',
      'The drain phase that the process is in has the value 1.',
      phases.map((name) => [`{phase="${name}"}`, name === phase ? 1 : 0]),
    ),
    ...metric(
      'drain_server_late_arrivals_total',
      'counter',
      'Work that arrived after drain start: new connections that brought a request, and requests on old connections.',
      Object.entries(lateTotals).map(([kind, count]) => [`{kind="${kind}"}`, count]),
    ),
    ...metric(
      'drain_server_hook_duration_seconds',
      'gauge',
      'How long each hook of the drain took.',
      hookSamples(hooks),
    ),
    '',
  ].join('\n')
}

type Sample = [suffixAndLabels: string, value: number]

/** Hooks of the same name share a sample: no sample may be told twice. */
function hookSamples(hooks: readonly HookReport[]): Sample[] {
  const seconds = new Map<string, number>()
  for (const { name, outcome, durationMs } of hooks) {
    const labels = `{hook="${escaped(name)}",outcome="${outcome}"}`
    seconds.set(labels, (seconds.get(labels) ?? 0) + durationMs / 1000)
  }
  return [...seconds]
}

/** Inside the quotes of a label value a backslash, a quote and a line feed are written with a backslash. */
function escaped(text: string): string {
  return text.replaceAll('\\', String.raw`\\`).replaceAll('"', String.raw`\"`).replaceAll('\n', String.raw`\n`)
}

function metric(name: string, type: string, help: string, samples: Sample[]): string[] {
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...samples.map(([labels, value]) => `${name}${labels} ${value}`),
  ]
}
