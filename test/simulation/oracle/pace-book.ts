import type { KubeObject } from '../../../src/kube/index.ts'
import type { SeenWrite } from '../run/chronicle.ts'
import type { Lived } from '../run/history.ts'
import { type PaceIntent, paceIntents, paceValue } from '../world/intentions.ts'
import type { RawDeployment } from '../world/raw.ts'
import { isOperators, ownedPaths } from './final-state.ts'

export const paceManager = 'drainkeeper-pace'

export type PaceName = 'paused' | PaceIntent
export const paceNames: readonly PaceName[] = ['paused', ...paceIntents]

export function isPace(field: string): boolean {
  return paceNames.some((name) => name === field)
}

export type PaceValues = Readonly<Record<PaceName, boolean | number | string>>

/** A write of a Deployment, and whose the fields of its pace are afterwards. */
export interface PaceMoment {
  write: SeenWrite
  deployment: RawDeployment
  /** What our manager for pacing owned before, and owns now. */
  oursBefore: ReadonlySet<PaceName>
  ours: ReadonlySet<PaceName>
  live: PaceValues
  /** The values of everybody else: what was there when our manager owned nothing of it last. */
  own: PaceValues
}

/** The book of who wanted what, kept from the writes: every write of a Deployment but those of its status. */
export function paceMoments({ chronicle }: Lived): PaceMoment[] {
  const owns = new Map<string, PaceValues>()
  const moments: PaceMoment[] = []
  for (const write of chronicle.writes) {
    const { resource, object, before, removed, subresource } = write
    if (resource.plural !== 'deployments' || removed || subresource === 'status') continue
    const deployment = object as RawDeployment
    const uid = object.metadata.uid ?? ''
    const live = paceValues(deployment)
    const ours = oursOf(object)
    const known = owns.get(uid) ?? live
    const own = isOperators(write)
      ? known
      : (Object.fromEntries(paceNames.map((name) => [name, ours.has(name) ? known[name] : live[name]])) as PaceValues)
    owns.set(uid, own)
    moments.push({ write, deployment, oursBefore: oursOf(before), ours, live, own })
  }
  return moments
}

export function paceValues({ spec }: RawDeployment): PaceValues {
  return Object.fromEntries(paceNames.map((name) => [name, paceValue(spec, name)])) as PaceValues
}

export function oursOf(object: KubeObject | undefined): ReadonlySet<PaceName> {
  const paths = object === undefined ? [] : ownedPaths(object, paceManager)
  return new Set(paceNames.filter((name) => paths.some((path) => path.endsWith(`/f:${name}`))))
}

/** The Deployment without the fields that pace its rollouts. */
export function withoutPace({ spec, ...rest }: RawDeployment): object {
  const { paused: _, minReadySeconds: __, progressDeadlineSeconds: ___, strategy, ...others } = spec
  const { maxSurge: ____, maxUnavailable: _____, ...rollingUpdate } = strategy?.rollingUpdate ?? {}
  return { ...rest, spec: { ...others, strategy: { ...strategy, rollingUpdate } } }
}
