import type { PaceClaims, PaceField } from '../../pacing/index.ts'
import type { PaceView } from './pace-view.ts'

/** Who owns the fields of pacing: never the manager of the contract, as an apply states all of its manager's fields. */
export const PACE_MANAGER = 'drainkeeper-pace'

/** Exactly the Deployment that was decided on, as it was then. */
export interface PacedObject {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
}

/** The server-side apply body that makes exactly these claims. Without any it has no spec, which gives all back. */
export function paceBody({ namespace, name, uid, resourceVersion }: PacedObject, claims: PaceClaims): object {
  const { maxSurge, maxUnavailable, ...plain } = claims
  const rollingUpdate = {
    ...(maxSurge === undefined ? {} : { maxSurge }),
    ...(maxUnavailable === undefined ? {} : { maxUnavailable }),
  }
  const steps = Object.keys(rollingUpdate).length > 0
  const spec = { ...plain, ...(steps ? { strategy: { rollingUpdate } } : {}) }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name, uid, resourceVersion },
    ...(Object.keys(spec).length > 0 ? { spec } : {}),
  }
}

/** Whether applying these claims would change a value, or who owns one. */
export function claimsDiffer({ live, ours }: PaceView, claims: PaceClaims): boolean {
  const claimed = Object.keys(claims) as PaceField[]
  return (
    claimed.length !== ours.length || claimed.some((field) => !ours.includes(field) || live[field] !== claims[field])
  )
}
