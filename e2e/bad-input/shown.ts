import { freeze, freezeMessage, frozen } from './freeze.ts'
import { type Container, deployment, type Manifest, policy, service } from './objects.ts'

/** A policy that the API server cannot know to be broken: what its status must say. */
export interface ShownRow {
  name: string
  /** Name of the policy, and of its Deployment where it has one. */
  id: string
  /** What is there before the policy. */
  given: (image: string) => readonly Manifest[]
  /** `given` is written by server-side apply of this field manager. @default `kubectl apply` */
  appliedBy?: string
  spec: Manifest
  /** Reason of Ready=False. */
  reason: string
  /** Somebody has to act: Stalled=True is there with the same reason. Else it may cure itself, and Stalled is absent. */
  stalled: boolean
  /** Each must occur in the message of Ready. */
  says: readonly string[]
}

const http = { name: 'http', containerPort: 8080 }
const app: Container = { name: 'app', ports: [http] }
const target = (name: string): Manifest => ({ targetRef: { name } })
const withPreStop = (preStop: Manifest): Container => ({ ...app, lifecycle: { preStop } })

export const shownRows: readonly ShownRow[] = [
  {
    name: 'the target is not there',
    id: 'target-missing',
    given: () => [],
    spec: target('chekcout'),
    reason: 'TargetNotFound',
    stalled: false,
    says: ['there is no Deployment chekcout in this namespace: correct targetRef.name, or create it'],
  },
  {
    name: 'the target is in another namespace',
    id: 'target-elsewhere',
    given: () => [],
    spec: target('drainkeeper'),
    reason: 'TargetNotFound',
    stalled: false,
    says: ['there is no Deployment drainkeeper in this namespace: correct targetRef.name, or create it'],
  },
  {
    name: 'no Deployment has the labels',
    id: 'labels-missing',
    given: () => [],
    spec: { selector: { matchLabels: { team: 'shop', tier: 'web' } } },
    reason: 'TargetNotFound',
    stalled: false,
    says: ['no Deployment in this namespace has the labels team=shop,tier=web'],
  },
  {
    name: 'the container is misspelt',
    id: 'container-typo',
    given: (image) => [deployment('container-typo', image, [app, { name: 'metrics' }])],
    spec: { ...target('container-typo'), contract: { container: 'appp' } },
    reason: 'ContractBlocked',
    stalled: true,
    says: ["spec.contract.container is appp, but the template's containers are: app, metrics. Did you mean app?"],
  },
  {
    name: 'two containers, and no Service that tells them apart',
    id: 'container-unclear',
    given: (image) => [deployment('container-unclear', image, [app, { name: 'metrics' }])],
    spec: target('container-unclear'),
    reason: 'ContractBlocked',
    stalled: true,
    says: [
      'the template has 2 containers (app, metrics) and none declares a port that a Service targets: ' +
        'write which one drains, for example spec.contract.container: app',
    ],
  },
  {
    name: 'two containers, and Services route to both',
    id: 'container-both',
    given: (image) => [
      service('container-both', 'container-both', 'http', 'admin'),
      deployment('container-both', image, [
        app,
        { name: 'backoffice', ports: [{ name: 'admin', containerPort: 8081 }] },
      ]),
    ],
    spec: target('container-both'),
    reason: 'ContractBlocked',
    stalled: true,
    says: [
      'the template has 2 containers (app, backoffice) and 2 declare a port that a Service targets: ' +
        'write which one drains, for example spec.contract.container: app',
    ],
  },
  {
    name: 'another policy has the Deployment already',
    id: 'two-policies',
    given: (image) => [
      deployment('two-policies', image, [app]),
      policy('first', { ...target('two-policies'), mode: 'Observe' }),
    ],
    spec: target('two-policies'),
    reason: 'TargetConflict',
    stalled: true,
    says: ['policy first is for Deployment two-policies already: keep one of the two'],
  },
  {
    name: 'services names a Service that is not there',
    id: 'service-missing',
    given: (image) => [deployment('service-missing', image, [app])],
    spec: { ...target('service-missing'), services: ['chekcout'] },
    reason: 'ServiceNotFound',
    stalled: true,
    says: ['services names chekcout, and there is no such Service: correct the name, or leave services out'],
  },
  {
    name: 'services names a Service of other pods',
    id: 'service-mismatch',
    given: (image) => [service('service-of-others', 'others', 'http'), deployment('service-mismatch', image, [app])],
    spec: { ...target('service-mismatch'), services: ['service-of-others'] },
    reason: 'ServiceMismatch',
    stalled: true,
    says: ['services names service-of-others, and that Service does not select the pods of service-mismatch'],
  },
  {
    name: 'the manifest has a preStop of its own, of unknown length',
    id: 'hook-exec',
    given: (image) => [
      deployment('hook-exec', image, [withPreStop({ exec: { command: ['/bin/sh', '-c', 'nginx -s quit'] } })]),
    ],
    spec: target('hook-exec'),
    reason: 'ContractBlocked',
    stalled: true,
    says: [
      'is an exec of "/bin/sh -c nginx -s quit", stated by kubectl apply (kubectl-client-side-apply)',
      'Remove it in the manifest, or write preStop.sleep.seconds: 15 there',
    ],
  },
  {
    name: 'the manifest has a preStop that calls something else',
    id: 'hook-http',
    given: (image) => [deployment('hook-http', image, [withPreStop({ httpGet: { path: '/goodbye', port: 'http' } })])],
    spec: target('hook-http'),
    reason: 'ContractBlocked',
    stalled: true,
    says: ['is an httpGet of /goodbye on port http', 'write preStop.sleep.seconds: 15 there'],
  },
  {
    name: 'the manifest has a preStop that sleeps too short',
    id: 'hook-short',
    given: (image) => [deployment('hook-short', image, [withPreStop({ sleep: { seconds: 2 } })])],
    spec: target('hook-short'),
    reason: 'ContractBlocked',
    stalled: true,
    says: ['it lasts 2 s and the drain delay is 15 s. Make it at least 15 s in the manifest, or remove it'],
  },
  {
    name: 'the manifest states a smaller grace period (kubectl apply)',
    id: 'grace-applied',
    given: (image) => [deployment('grace-applied', image, [app], { terminationGracePeriodSeconds: 20 })],
    spec: target('grace-applied'),
    reason: 'ContractBlocked',
    stalled: true,
    says: [
      'terminationGracePeriodSeconds is 20, stated by kubectl apply (kubectl-client-side-apply), and 95 is needed',
      'Write terminationGracePeriodSeconds: 95 in the manifest, or remove the line',
    ],
  },
  {
    name: "the manifest states the API's default as its grace period",
    id: 'grace-thirty',
    given: (image) => [deployment('grace-thirty', image, [app], { terminationGracePeriodSeconds: 30 })],
    spec: target('grace-thirty'),
    reason: 'ContractBlocked',
    stalled: true,
    says: [
      'terminationGracePeriodSeconds is 30, stated by kubectl apply (kubectl-client-side-apply), and 95 is needed',
    ],
  },
  {
    name: 'another manager states a smaller grace period (server-side apply)',
    id: 'grace-server-side',
    given: (image) => [deployment('grace-server-side', image, [app], { terminationGracePeriodSeconds: 25 })],
    appliedBy: 'kustomize-controller',
    spec: target('grace-server-side'),
    reason: 'ContractBlocked',
    stalled: true,
    says: [
      'terminationGracePeriodSeconds is 25, stated by Flux (kustomize-controller), and 95 is needed',
      'Write terminationGracePeriodSeconds: 95 in Git, or remove the line',
    ],
  },
  {
    name: 'method HTTP, and no port of drain-server',
    id: 'method-http',
    given: (image) => [deployment('method-http', image, [app])],
    spec: { ...target('method-http'), contract: { drain: { method: 'HTTP' } } },
    reason: 'ContractBlocked',
    stalled: true,
    says: [
      'spec.contract.drain.method is HTTP, but container app declares no port named "drain"',
      'Add to its ports {name: drain, containerPort: 9909}',
      'or write method: Sleep',
    ],
  },
  {
    name: 'the readiness check is on a port that the container does not declare',
    id: 'readiness-port',
    given: (image) => [deployment('readiness-port', image, [app])],
    spec: { ...target('readiness-port'), contract: { readiness: { path: '/ready', port: 'web' } } },
    reason: 'ContractBlocked',
    stalled: true,
    says: [
      'spec.contract.readiness.port is "web", but container app declares no port of that name (named ports: http)',
    ],
  },
  {
    name: 'a quantile that the window cannot prove',
    id: 'quantile-window',
    given: (image) => [deployment('quantile-window', image, [app])],
    spec: { ...target('quantile-window'), propagation: { quantile: 0.99 } },
    reason: 'InvalidSpec',
    stalled: true,
    says: [
      'a quantile of 0.99 at a confidence of 0.95 takes 299 drains, and window keeps 200: ' +
        'write window: 299, or a lower quantile',
    ],
  },
  {
    name: 'a quantile that no window can prove',
    id: 'quantile-never',
    given: (image) => [deployment('quantile-never', image, [app])],
    spec: { ...target('quantile-never'), propagation: { quantile: 0.9999 } },
    reason: 'InvalidSpec',
    stalled: true,
    says: ['takes 29956 drains, and window keeps 200: write a lower quantile'],
  },
  {
    name: 'an admission policy of the cluster forbids the change',
    id: frozen,
    given: (image) => [deployment(frozen, image, [app]), ...freeze],
    spec: target(frozen),
    reason: 'Refused',
    stalled: false,
    says: ['the contract could not be written', freezeMessage],
  },
]
