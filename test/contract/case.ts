import type { PatchRequest, Plan } from '../../src/contract/index.ts'

/** A way in which somebody writes a Deployment. */
export type Step =
  | { kubectlApply: object; manager?: string }
  | { serverSideApply: object; manager: string; force?: boolean }
  | { create: object; manager: string }
  | { strategicPatch: object; manager: string }
  | { ours: Partial<PatchRequest> }
  | { release: true }
  /** As `kubectl rollout undo` does it: the whole template becomes what it was so many templates ago. */
  | { undo: number }
  /** All entries of managedFields are removed, but for ours where asked. */
  | { wipeOwnership: 'all' | 'all but ours' }

export interface Case {
  sentence: string
  steps: Step[]
  request?: Partial<PatchRequest>
  expected: {
    action: Plan['action']
    force?: boolean
    conflicts?: string[]
    notes?: string[]
    fields?: string[]
    changesTemplate?: boolean
    promises?: Partial<NonNullable<Plan['promises']>>
    /** A piece of a message. */
    says?: string
  }
  /** What the API server answers to an unforced apply of grace period and sleep by somebody who does not look. */
  naiveAnswer?: 200 | 409 | 422
  /** The containers that are left once the plan is carried out. */
  containersAfter?: string[]
}

export const REQUEST = { drainDelaySeconds: 5, gracePeriodSeconds: 41 } satisfies PatchRequest

export const APP = { name: 'app', image: 'app:1' }
export const DRAIN_APP = { ...APP, ports: [{ name: 'drain', containerPort: 9909 }] }
export const PROXY = { name: 'proxy', image: 'proxy:1', ports: [{ name: 'http', containerPort: 8080 }] }

export function podSpec(spec: object): object {
  return { spec: { template: { spec } } }
}

export function deployment(spec: object = {}, more: object = {}): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'checkout' },
    spec: {
      selector: { matchLabels: { app: 'checkout' } },
      template: { metadata: { labels: { app: 'checkout' } }, spec: { containers: [APP], ...spec } },
      ...more,
    },
  }
}

export function withHook(preStop: object, more: object = {}): object {
  return deployment({ containers: [{ ...APP, lifecycle: { preStop } }], ...more })
}

export const GRACE = (seconds: number): object => deployment({ terminationGracePeriodSeconds: seconds })
export const BOTH = ['gracePeriod', 'preStop']
export const RAISED: Case['expected'] = {
  action: 'Apply',
  force: true,
  conflicts: ['GraceDefaulted'],
  fields: BOTH,
  changesTemplate: true,
}
