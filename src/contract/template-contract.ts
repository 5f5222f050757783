import type { DeploymentView, FieldOwner, Hook, ReadinessView } from './deployment-view.ts'

/** Who stands behind a value in the template. */
export interface Source {
  /**
   * Ours: we own it and nobody else states it. Stated: somebody's intention. Default: the API's default that nobody
   * wrote. Absent: there is no value.
   */
  kind: 'Ours' | 'Stated' | 'Default' | 'Absent'
  /** The managers other than us that own or state it. */
  by: FieldOwner[]
}

/** What a template promises today for one container. */
export interface TemplateContract {
  container: string
  gracePeriodSeconds: number
  graceSource: Source
  preStop?: Hook
  /** How long the hook is known to last; absent for a hook whose duration cannot be read from the template. */
  preStopSeconds?: number
  preStopSource: Source
  readiness?: ReadinessView
  readinessSource: Source
}

/** @throws nothing: an unknown container is one that promises only the grace period */
export function readContract(_view: DeploymentView, _container: string): TemplateContract {
  throw new Error('readContract is not written yet')
}
