import type { KubeObject } from '../../../src/kube/index.ts'

/** Where everything of a history lives. */
export const namespace = 'shop'
export const operatorNamespace = 'drainkeeper-system'

/** A preStop hook as somebody may state one. */
export type StatedHook = { sleepSeconds: number } | { command: readonly string[] }

/**
 * How the author of a Deployment writes it.
 * - kubectl: `kubectl apply`, with last-applied-configuration
 * - kubectlServerSide: `kubectl apply --server-side`
 * - helm: a client that creates and patches by Update and leaves no last-applied-configuration
 * - argocd, flux: server-side apply by force, as both do
 */
export const authors = ['kubectl', 'kubectlServerSide', 'helm', 'argocd', 'flux'] as const
export type Author = (typeof authors)[number]

export const managers: Readonly<Record<Author, string>> = {
  kubectl: 'kubectl-client-side-apply',
  kubectlServerSide: 'kubectl',
  helm: 'helm',
  argocd: 'argocd-controller',
  flux: 'kustomize-controller',
}

/** A Deployment as its author has it in a file. */
export interface Manifest {
  name: string
  author: Author
  image: string
  replicas: number
  graceSeconds?: number
  hook?: StatedHook
  /** The container declares the port of drain-server. */
  drainPort: boolean
  /** Fields of the rollout's pace that it states. */
  pace?: StatedPace
  /** It is annotated so that it may be rolled back. */
  mayRollBack?: boolean
}

/** What somebody may state of the pace of rollouts, as the API has it. */
export interface StatedPace {
  minReadySeconds?: number
  progressDeadlineSeconds?: number
  maxSurge?: number | string
  maxUnavailable?: number | string
}

/** The manifest as an object of the API, with only what it states. */
export function deploymentOf(manifest: Manifest): KubeObject & { spec: object } {
  const { name, replicas, pace = {}, mayRollBack = false } = manifest
  const annotations = mayRollBack ? { annotations: { 'drainkeeper.dev/rollback': 'allowed' } } : {}
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels: { team: 'shop' }, ...annotations },
    spec: {
      replicas,
      ...paceSpecOf(pace),
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: podSpecOf(manifest) },
    },
  }
}

/** The part of a Deployment's spec that states these. */
export function paceSpecOf({ maxSurge, maxUnavailable, ...plain }: StatedPace): object {
  const rollingUpdate = {
    ...(maxSurge === undefined ? {} : { maxSurge }),
    ...(maxUnavailable === undefined ? {} : { maxUnavailable }),
  }
  return { ...plain, ...(Object.keys(rollingUpdate).length === 0 ? {} : { strategy: { rollingUpdate } }) }
}

export function podSpecOf({ image, graceSeconds, hook, drainPort }: Manifest): Record<string, unknown> {
  const ports = [{ name: 'http', containerPort: 8080 }, ...(drainPort ? [{ name: 'drain', containerPort: 9090 }] : [])]
  const container = { name: 'app', image, ports, ...(hook === undefined ? {} : { lifecycle: lifecycleOf(hook) }) }
  return {
    ...(graceSeconds === undefined ? {} : { terminationGracePeriodSeconds: graceSeconds }),
    containers: [container],
  }
}

function lifecycleOf(hook: StatedHook): object {
  const handler =
    'sleepSeconds' in hook ? { sleep: { seconds: hook.sleepSeconds } } : { exec: { command: hook.command } }
  return { preStop: handler }
}

/**
 * What a three-way merge sends for a new manifest: everything that it states, and null for what the one before stated
 * and this one does not.
 */
export function mergeOf(now: Manifest, before: Manifest | undefined): object {
  const whole = deploymentOf(now) as unknown as { spec: { template: { spec: Record<string, unknown> } } }
  Object.assign(whole.spec, paceSpecOf({ ...nulls(before?.pace), ...now.pace }))
  const podSpec = whole.spec.template.spec
  if (before?.graceSeconds !== undefined && now.graceSeconds === undefined) {
    podSpec['terminationGracePeriodSeconds'] = null
  }
  const [container] = podSpec['containers'] as Record<string, unknown>[]
  if (container !== undefined && before?.hook !== undefined) {
    if (now.hook === undefined) container['lifecycle'] = null
    else if ('sleepSeconds' in before.hook !== 'sleepSeconds' in now.hook) {
      const old = 'sleepSeconds' in before.hook ? 'sleep' : 'exec'
      const { preStop } = container['lifecycle'] as { preStop: Record<string, unknown> }
      preStop[old] = null
    }
  }
  return whole
}

function nulls(pace: StatedPace = {}): StatedPace {
  return Object.fromEntries(Object.keys(pace).map((field) => [field, null]))
}
