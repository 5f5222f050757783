import type { Phase } from '../process/phase.ts'
import type { Traffic } from '../traffic/traffic.ts'

export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8'

const phases: readonly Phase[] = ['serving', 'converging', 'closing', 'done']

/** The Prometheus text format, version 0.0.4. Every label value is there from the start, at zero. */
export function renderMetrics(traffic: Traffic, phase: Phase): string {
  const { durations, outcomes, lateTotals } = traffic
  return [
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
    '',
  ].join('\n')
}

type Sample = [suffixAndLabels: string, value: number]

function metric(name: string, type: string, help: string, samples: Sample[]): string[] {
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...samples.map(([labels, value]) => `${name}${labels} ${value}`),
  ]
}
