/** A spec that the API server itself must refuse, and words that its answer must have. */
export interface RefusedRow {
  name: string
  /** What stands under `spec`; absent: there is no spec. */
  spec?: Record<string, unknown>
  /** Each must occur in what kubectl prints. */
  says: readonly string[]
}

const checkout = { targetRef: { name: 'checkout' } }
const duration = 'write a duration: a number and a unit, such as 15s, 1m30s or 500ms'
const fraction = 'write a fraction above 0 and below 1, such as 0.95'
const objectName = 'write a Kubernetes object name: lower case letters, digits, - and .'

const bounds = (values: Record<string, unknown>) => ({ ...checkout, contract: { bounds: values } })
const readiness = (values: Record<string, unknown>) => ({ ...checkout, contract: { readiness: values } })
const propagation = (values: Record<string, unknown>) => ({ ...checkout, propagation: values })
const pacing = (values: Record<string, unknown>) => ({ ...checkout, pacing: values })
const prometheus = (values: Record<string, unknown>) =>
  pacing({ source: 'Prometheus', prometheus: { endpoint: 'main', ...values } })

/** A spec that says everything and must be accepted: else a refusal below would prove nothing. */
export const accepted: Record<string, unknown> = {
  targetRef: { kind: 'Deployment', name: 'checkout' },
  mode: 'Observe',
  services: ['checkout', 'checkout-headless'],
  contract: {
    container: 'app',
    drain: { method: 'Sleep' },
    readiness: { path: '/health/ready', port: '8080', periodSeconds: 2, timeoutSeconds: 1, failureThreshold: 1 },
    requestTime: { source: 'Static', max: '1m30s' },
    safetyMargin: '500ms',
    bounds: { drainDelay: { min: '1s', max: '20s' }, gracePeriod: { min: '30s', max: '2h' } },
  },
  propagation: { quantile: 0.9, confidence: 0.95, initial: '20s', window: 100 },
  delivery: { strategy: 'Patch' },
  pacing: {
    objective: { errorRate: 0.005, minRequests: 200, burst: 2 },
    source: 'Prometheus',
    prometheus: {
      endpoint: 'main',
      queries: {
        requests: 'sum(increase(http_requests_total{namespace="$namespace",app="$service"}[$range]))',
        errors: 'sum(increase(http_requests_total{app="$service",code=~"5.."}[$range])) or vector(0)',
      },
      service: 'checkout',
      secret: 'prometheus-reader',
    },
    initialStep: 2,
    onBreach: 'Rollback',
    onInconclusive: 'Pause',
    maxHold: '10m',
    rollbackOverGitOps: true,
    maxDrainRaise: '0s',
    rolloutGroup: { name: 'checkout-path', budget: 2 },
  },
}

export const refusedRows: readonly RefusedRow[] = [
  { name: 'no spec', says: ['spec: Required value'] },
  {
    name: 'neither targetRef nor selector',
    spec: { mode: 'Observe' },
    says: ['name what to drain: set targetRef, such as {kind: Deployment, name: checkout}, or selector'],
  },
  {
    name: 'both targetRef and selector',
    spec: { ...checkout, selector: { matchLabels: { team: 'shop' } } },
    says: ['targetRef and selector are both set: keep targetRef for one Deployment, or selector for many'],
  },
  {
    name: 'a kind that is not supported',
    spec: { targetRef: { kind: 'StatefulSet', name: 'checkout' } },
    says: ['spec.targetRef.kind', 'only Deployments are supported: write kind: Deployment, or leave kind out'],
  },
  { name: 'a target without a name', spec: { targetRef: {} }, says: ['spec.targetRef.name: Required value'] },
  { name: 'an empty name', spec: { targetRef: { name: '' } }, says: ['spec.targetRef.name', objectName] },
  { name: 'a name in capitals', spec: { targetRef: { name: 'Checkout' } }, says: ['"Checkout"', objectName] },
  {
    name: 'an empty selector',
    spec: { selector: { matchLabels: {} } },
    says: ['selector.matchLabels is empty: name at least one label, such as team: shop'],
  },
  {
    name: 'a label value that no label can have',
    spec: { selector: { matchLabels: { team: 'the shop' } } },
    says: ['spec.selector.matchLabels[team]: Invalid value: "the shop"', 'write a label value: letters, digits'],
  },
  {
    name: 'an unknown field at the top',
    spec: { ...checkout, contrakt: { container: 'app' } },
    says: ['unknown field "spec.contrakt"'],
  },
  {
    name: 'an unknown field deep inside',
    spec: bounds({ drainDelay: { maximum: '3s' } }),
    says: ['unknown field "spec.contract.bounds.drainDelay.maximum"'],
  },
  {
    name: 'a mode that there is not',
    spec: { ...checkout, mode: 'On' },
    says: ['spec.mode: Unsupported value: "On": supported values: "Enforce", "Observe"'],
  },
  {
    name: 'a drain method that there is not',
    spec: { ...checkout, contract: { drain: { method: 'Exec' } } },
    says: ['spec.contract.drain.method: Unsupported value: "Exec": supported values: "Auto", "HTTP", "Sleep"'],
  },
  {
    name: 'a source of W that there is not',
    spec: { ...checkout, contract: { requestTime: { source: 'Guess' } } },
    says: ['spec.contract.requestTime.source: Unsupported value: "Guess"', '"Auto", "Reported", "Static"'],
  },
  {
    name: 'a delivery that there is not',
    spec: { ...checkout, delivery: { strategy: 'Webhook' } },
    says: ['spec.delivery.strategy: Unsupported value: "Webhook": supported values: "Auto", "Patch"'],
  },
  {
    name: 'a duration without a unit',
    spec: { ...checkout, contract: { safetyMargin: '15' } },
    says: ['spec.contract.safetyMargin: Invalid value: "15"', duration],
  },
  {
    name: 'a duration as a number',
    spec: { ...checkout, contract: { safetyMargin: 15 } },
    says: ['spec.contract.safetyMargin in body must be of type string'],
  },
  { name: 'a negative duration', spec: bounds({ drainDelay: { min: '-5s' } }), says: ['"-5s"', duration] },
  { name: 'an empty duration', spec: propagation({ initial: '' }), says: ['spec.propagation.initial', duration] },
  { name: 'a fraction of a second', spec: propagation({ initial: '1.5s' }), says: ['"1.5s"', duration] },
  {
    name: 'a drain delay of which the minimum is above the maximum',
    spec: bounds({ drainDelay: { min: '30s', max: '20s' } }),
    says: [
      'contract.bounds.drainDelay.min is above contract.bounds.drainDelay.max: write a min that is at most the max',
    ],
  },
  {
    name: 'a grace period of which the minimum is above the maximum',
    spec: bounds({ gracePeriod: { min: '2m', max: '90s' } }),
    says: [
      'contract.bounds.gracePeriod.min is above contract.bounds.gracePeriod.max: write a min that is at most the max',
    ],
  },
  {
    name: 'a drain delay that reaches the grace period',
    spec: bounds({ drainDelay: { min: '60s', max: '60s' }, gracePeriod: { min: '30s', max: '60s' } }),
    says: [
      'contract.bounds.drainDelay.min reaches contract.bounds.gracePeriod.max: write a smaller min or a larger max',
    ],
  },
  {
    name: 'no drain delay at all',
    spec: { ...bounds({ drainDelay: { min: '0s', max: '0s' } }), propagation: { initial: '0s' } },
    says: ['contract.bounds.drainDelay.min is 0: write at least 1s'],
  },
  {
    name: 'an initial propagation above the largest drain delay',
    spec: propagation({ initial: '90s' }),
    says: ['propagation.initial is above contract.bounds.drainDelay.max: write a smaller initial or a larger maximum'],
  },
  { name: 'a quantile of 0', spec: propagation({ quantile: 0 }), says: ['spec.propagation.quantile', fraction] },
  { name: 'a quantile of 1', spec: propagation({ quantile: 1 }), says: ['spec.propagation.quantile', fraction] },
  { name: 'a quantile in per cent', spec: propagation({ quantile: 95 }), says: ['Invalid value: 95', fraction] },
  { name: 'a confidence of 1', spec: propagation({ confidence: 1 }), says: ['spec.propagation.confidence', fraction] },
  {
    name: 'a window of 0',
    spec: propagation({ window: 0 }),
    says: ['spec.propagation.window in body should be greater than or equal to 10'],
  },
  {
    name: 'a readiness path without a slash',
    spec: readiness({ path: 'health' }),
    says: ['"health"', 'write a path that begins with /, such as /health/ready'],
  },
  {
    name: 'a readiness port above 65535',
    spec: readiness({ port: '70000' }),
    says: ['"70000"', 'write the name of a container port, such as http, or a number from 1 to 65535 in quotes'],
  },
  {
    name: 'a readiness check every 0 seconds',
    spec: readiness({ periodSeconds: 0 }),
    says: ['spec.contract.readiness.periodSeconds in body should be greater than or equal to 1'],
  },
  {
    name: 'a Service named twice',
    spec: { ...checkout, services: ['checkout', 'admin', 'checkout'] },
    says: ['services names a Service twice: name each once'],
  },
  {
    name: 'an empty list of Services',
    spec: { ...checkout, services: [] },
    says: ['services is empty: name a Service, or leave services out for every Service whose selector matches'],
  },
  {
    name: 'a Service whose name no Service can have',
    spec: { ...checkout, services: ['check_out'] },
    says: ['spec.services[0]: Invalid value: "check_out"', objectName],
  },
  {
    name: 'an unknown field of pacing',
    spec: pacing({ objective: { window: '1m' } }),
    says: ['unknown field "spec.pacing.objective.window"'],
  },
  {
    name: 'a share of errors in per cent',
    spec: pacing({ objective: { errorRate: 5 } }),
    says: ['spec.pacing.objective.errorRate', 'write a share above 0 and at most 0.4, such as 0.001'],
  },
  {
    name: 'an answer to a breach that there is not',
    spec: pacing({ onBreach: 'Stop' }),
    says: ['spec.pacing.onBreach: Unsupported value: "Stop": supported values: "Pause", "Rollback", "Report"'],
  },
  {
    name: 'source Prometheus, and no word which',
    spec: pacing({ source: 'Prometheus' }),
    says: ['source is Prometheus: say which one, such as prometheus: {endpoint: main, preset: ingress-nginx}'],
  },
  {
    name: 'a Prometheus that is not asked',
    spec: pacing({ prometheus: { endpoint: 'main', preset: 'istio' } }),
    says: ['prometheus is set, and source is not Prometheus: write source: Prometheus, or leave prometheus out'],
  },
  {
    name: 'a Prometheus by its URL',
    spec: prometheus({ endpoint: 'http://prometheus:9090', preset: 'istio' }),
    says: ['spec.pacing.prometheus.endpoint', 'write the name of an endpoint in the ConfigMap drainkeeper-endpoints'],
  },
  {
    name: 'a Prometheus that is not told what to count',
    spec: prometheus({}),
    says: ['say what counts requests: set either preset, such as ingress-nginx, or queries of your own'],
  },
  {
    name: 'no time for a verdict',
    spec: pacing({ maxHold: '0s' }),
    says: ['maxHold is below 1s: write how long a step may wait for a verdict, such as 30m'],
  },
  {
    name: 'a first step of 0 pods',
    spec: pacing({ initialStep: 0 }),
    says: ['spec.pacing.initialStep in body should be greater than or equal to 1'],
  },
]
