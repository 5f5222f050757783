import { DRAIN_PORT_NAME, isGitOps } from '../../contract/index.ts'
import { at, integer, list, parsedJson, record, text } from '../../contract/untyped.ts'
import type { KubeObject } from '../../kube/index.ts'
import { paceDefaults, type PaceField, type PaceFields } from '../../pacing/index.ts'
import { PACE_MANAGER } from './pace-apply.ts'
import { templateIds } from './template-id.ts'

/** The Deployment's annotation that lets us put an earlier template back. */
export const ROLLBACK_ANNOTATION = 'drainkeeper.dev/rollback'

/** What pacing reads of a Deployment, besides what the contract reads. */
export interface PaceView {
  /** Only a RollingUpdate has steps. */
  readonly strategy: 'RollingUpdate' | 'Recreate'
  readonly live: PaceFields
  /** Fields that our manager for pacing owns. */
  readonly ours: readonly PaceField[]
  /** Fields that somebody else states: see the gate's facts. */
  readonly taken: readonly PaceField[]
  /** Of the pod template without what a contract may write into it: the same before and after a contract. */
  readonly templateId: string
  /** Of the whole pod template: what finds its ReplicaSet. */
  readonly revisionId: string
  /** Progressing is False: ProgressDeadlineExceeded. */
  readonly deadlineExceeded: boolean
  /** The GitOps tool that owns the pod template, by the name of its field manager. */
  readonly gitOpsManager?: string
  /** The Deployment's annotation `drainkeeper.dev/rollback: allowed`: its owner lets us put an earlier template back. */
  readonly rollbackAllowed: boolean
  /** The port number of drain-server's admin port, in the first container that declares it. */
  readonly drainPort?: number
}

/** Where each field is, below `spec`. */
const paths: Readonly<Record<PaceField, readonly string[]>> = {
  minReadySeconds: ['minReadySeconds'],
  progressDeadlineSeconds: ['progressDeadlineSeconds'],
  maxSurge: ['strategy', 'rollingUpdate', 'maxSurge'],
  maxUnavailable: ['strategy', 'rollingUpdate', 'maxUnavailable'],
  paused: ['paused'],
}
const fields = Object.keys(paths) as readonly PaceField[]

/** Reads a raw Deployment of any shape; what is not there has the API's default. */
export function projectPaceView(raw: KubeObject): PaceView {
  const spec = at(raw, 'spec')
  const entries = list(at(raw, 'metadata', 'managedFields'))
  const annotations = at(raw, 'metadata', 'annotations')
  const lastApplied = parsedJson(at(annotations, 'kubectl.kubernetes.io/last-applied-configuration'))
  const live = liveFields(spec)
  const ours = fields.filter((field) => entries.some((entry) => isPaceEntry(entry) && owns(entry, field)))
  const others = entries.filter((entry) => !isPaceEntry(entry))
  const gitOpsManager = gitOpsManagerOf(others)
  const drainPort = drainPortOf(spec)
  return {
    strategy: at(spec, 'strategy', 'type') === 'Recreate' ? 'Recreate' : 'RollingUpdate',
    live,
    ours,
    taken: fields.filter((field) => {
      if (isStated(at(lastApplied, 'spec', ...paths[field]))) return true
      const owners = others.filter((entry) => owns(entry, field))
      if (owners.some((entry) => at(entry, 'operation') === 'Apply')) return true
      return live[field] !== paceDefaults[field] && (owners.length > 0 || !ours.includes(field))
    }),
    ...templateIds(at(spec, 'template')),
    deadlineExceeded: list(at(raw, 'status', 'conditions')).some(
      (condition) =>
        at(condition, 'type') === 'Progressing' &&
        at(condition, 'status') === 'False' &&
        at(condition, 'reason') === 'ProgressDeadlineExceeded',
    ),
    ...(gitOpsManager === undefined ? {} : { gitOpsManager }),
    rollbackAllowed: at(annotations, ROLLBACK_ANNOTATION) === 'allowed',
    ...(drainPort === undefined ? {} : { drainPort }),
  }
}

function liveFields(spec: unknown): PaceFields {
  const seconds = (field: 'minReadySeconds' | 'progressDeadlineSeconds') =>
    integer(at(spec, ...paths[field])) ?? paceDefaults[field]
  const pods = (field: 'maxSurge' | 'maxUnavailable') => {
    const value = at(spec, ...paths[field])
    return text(value) ?? integer(value) ?? paceDefaults[field]
  }
  return {
    minReadySeconds: seconds('minReadySeconds'),
    progressDeadlineSeconds: seconds('progressDeadlineSeconds'),
    maxSurge: pods('maxSurge'),
    maxUnavailable: pods('maxUnavailable'),
    paused: at(spec, ...paths.paused) === true,
  }
}

function isPaceEntry(entry: unknown): boolean {
  return (
    at(entry, 'manager') === PACE_MANAGER &&
    at(entry, 'operation') === 'Apply' &&
    (at(entry, 'subresource') ?? '') === ''
  )
}

function owns(entry: unknown, field: PaceField): boolean {
  return at(entry, 'fieldsV1', 'f:spec', ...paths[field].map((name) => `f:${name}`)) !== undefined
}

/** A manifest may say null of a field: then it says nothing. */
function isStated(value: unknown): boolean {
  return value !== undefined && value !== null
}

/** Whoever owns an image decides of the version. */
function gitOpsManagerOf(entries: readonly unknown[]): string | undefined {
  return entries.flatMap((entry) => {
    const manager = text(at(entry, 'manager')) ?? ''
    const containers = record(at(entry, 'fieldsV1', 'f:spec', 'f:template', 'f:spec', 'f:containers'))
    const ownsImage = Object.values(containers).some((container) => at(container, 'f:image') !== undefined)
    return ownsImage && isGitOps(manager) ? [manager] : []
  })[0]
}

function drainPortOf(spec: unknown): number | undefined {
  return list(at(spec, 'template', 'spec', 'containers'))
    .flatMap((container) => list(at(container, 'ports')))
    .flatMap((port) => (at(port, 'name') === DRAIN_PORT_NAME ? (integer(at(port, 'containerPort')) ?? []) : []))[0]
}
