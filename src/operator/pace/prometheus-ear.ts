import type { Pacing } from '../../api/index.ts'
import { type Clock, isKubeError, type KubeApi, type KubeObject, type Resource } from '../../kube/index.ts'
import type { Reading } from '../../pacing/index.ts'
import {
  createPrometheusSignal,
  type Endpoints,
  presets,
  type PrometheusOptions,
  type SecretData,
  type Silent,
} from '../../signals/index.ts'
import type { Ear } from './ear.ts'

export interface PrometheusEarOptions {
  readonly namespace: string
  readonly deployment: string
  /** For `$service`. */
  readonly service: string | undefined
  readonly asked: NonNullable<Pacing['prometheus']>
  readonly endpoints: Endpoints
  readonly api: Pick<KubeApi, 'get'>
  readonly clock: Clock
  /** How an endpoint is asked. By default over the network. */
  readonly createAsk?: PrometheusOptions['createAsk']
}

const secrets: Resource = { group: '', version: 'v1', plural: 'secrets', kind: 'Secret', namespaced: true }
/** How long a Secret is not read again. */
const secretMs = 30_000
const secretTimeoutMs = 5000

const tooShort: Silent = { kind: 'silent', reason: 'NoData', message: 'the span to ask about has only begun' }
const noSecret: Silent = {
  kind: 'silent',
  reason: 'Unreachable',
  message: 'the Secret that the policy names could not be read: the API server did not answer',
}
const noService: Silent = {
  kind: 'silent',
  reason: 'NotConfigured',
  message: 'the query is about $service, and no Service selects the pods: name one in pacing.prometheus.service',
}

/** Asks a Prometheus about each span anew: it has the history. */
export class PrometheusEar implements Ear {
  readonly #with: PrometheusEarOptions
  /** null: it is not there, or must not be read. */
  #secret: { readonly atMs: number; readonly data: SecretData | null } | undefined

  constructor(options: PrometheusEarOptions) {
    this.#with = options
  }

  async hear(sinceMs: readonly number[], abort: AbortSignal): Promise<readonly Reading[]> {
    const secret = await this.#credentials(abort)
    if (secret === 'unknown') return sinceMs.map(() => noSecret)
    return Promise.all(sinceMs.map((ms) => this.#since(ms, secret, abort)))
  }

  /** It knows of no pod. */
  forcedOf(): number {
    return 0
  }

  async #since(sinceMs: number, secret: SecretData | null | undefined, abort: AbortSignal): Promise<Reading> {
    const { namespace, deployment, service, asked, endpoints, clock, createAsk } = this.#with
    const { endpoint, preset, queries = preset } = asked
    if (queries === undefined) return { kind: 'silent', reason: 'NotConfigured', message: 'no query is given' }
    const { requests, errors } = typeof queries === 'string' ? presets[queries] : queries
    if (service === undefined && `${requests}${errors}`.includes('$service')) return noService
    const nowMs = clock.monotonicMs()
    const wholeSeconds = Math.floor((nowMs - sinceMs) / 1000)
    if (wholeSeconds < 1) return tooShort
    const signal = createPrometheusSignal({
      endpoints,
      endpoint,
      queries,
      subject: { namespace, service: service ?? deployment.replaceAll('.', '-').slice(0, 63), workload: deployment },
      // Ranges are whole seconds, and are rounded up: half a second less is the range that begins at or after the time.
      sinceMs: nowMs - wholeSeconds * 1000 + 500,
      clock,
      ...(secret === undefined ? {} : { secret }),
      ...(createAsk === undefined ? {} : { createAsk }),
    })
    const reading = await signal.read(abort)
    const lagSeconds = Object.hasOwn(endpoints, endpoint) ? (endpoints[endpoint]?.lagSeconds ?? 0) : 0
    // What is wrong with it is told at once; what it counts, only when it can know of the new pods.
    return reading.kind === 'counts' && wholeSeconds < lagSeconds ? tooShort : reading
  }

  /** Its data, as it was within the last seconds; undefined where none is named. */
  async #credentials(abort: AbortSignal): Promise<SecretData | null | undefined | 'unknown'> {
    const { namespace, asked, api, clock } = this.#with
    if (asked.secret === undefined) return undefined
    const nowMs = clock.monotonicMs()
    if (this.#secret === undefined || nowMs - this.#secret.atMs >= secretMs) {
      const ref = { namespace, name: asked.secret }
      try {
        const { data = {} } = await api.get<KubeObject & { data?: SecretData }>(secrets, ref, {
          signal: abort,
          timeoutMs: secretTimeoutMs,
        })
        this.#secret = { atMs: nowMs, data }
      } catch (error) {
        abort.throwIfAborted()
        if (isKubeError(error, 'NotFound', 'Forbidden')) this.#secret = { atMs: nowMs, data: null }
      }
    }
    return this.#secret === undefined ? 'unknown' : this.#secret.data
  }
}
