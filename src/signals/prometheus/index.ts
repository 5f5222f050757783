/**
 * Requests and errors as a Prometheus knows them: by a preset or by queries of one's own, from an endpoint that the
 * administrator named.
 */
export { type Credentials, credentialsOf, type SecretData } from './credentials.ts'
export { type Endpoint, type Endpoints, endpointsSchema } from './endpoints.ts'
export { type PresetName, presets } from './presets.ts'
export { createPrometheusSignal, type PrometheusOptions } from './prometheus.ts'
export { compile, type Queries, QueryError, type Subject } from './query-template.ts'
