import { type Step, APP, GRACE, deployment, withHook } from './case.ts'

/** What somebody else does to a Deployment that we have written, and what the API server answers them. */
export interface Meeting {
  sentence: string
  before: Step[]
  step: Step
  refusal?: RegExp
  afterRelease?: boolean
}

const RENAMED = deployment({ containers: [{ ...APP, name: 'web' }] })

export const MEETINGS: readonly Meeting[] = [
  {
    sentence: 'server-side apply cannot rename the container that we co-own, and can after a release',
    before: [{ serverSideApply: deployment(), manager: 'kubectl' }, { ours: {} }],
    step: { serverSideApply: RENAMED, manager: 'kubectl' },
    refusal: /containers\[\d\]\.image: Required value/,
    afterRelease: true,
  },
  {
    sentence: 'Flux, which forces, cannot rename it either',
    before: [{ serverSideApply: deployment(), manager: 'kustomize-controller' }, { ours: {} }],
    step: { serverSideApply: RENAMED, manager: 'kustomize-controller', force: true },
    refusal: /containers\[\d\]\.image: Required value/,
    afterRelease: true,
  },
  {
    sentence: 'kubectl apply (client-side) can rename it',
    before: [{ kubectlApply: deployment() }, { ours: {} }],
    step: { kubectlApply: RENAMED },
  },
  {
    sentence: 'an unforced server-side apply of another grace period conflicts with drainkeeper by name',
    before: [{ serverSideApply: deployment(), manager: 'kubectl' }, { ours: {} }],
    step: { serverSideApply: GRACE(50), manager: 'kubectl' },
    refusal: /conflict with "drainkeeper"/,
    afterRelease: true,
  },
  {
    sentence: 'kubectl apply (client-side) takes the grace period without a word',
    before: [{ kubectlApply: deployment() }, { ours: {} }],
    step: { kubectlApply: GRACE(50) },
  },
  {
    sentence: 'kubectl apply (client-side) cannot add a hook of another kind beside ours, and can after a release',
    before: [{ kubectlApply: deployment() }, { ours: {} }],
    step: { kubectlApply: withHook({ exec: { command: ['/app/stop.sh'] } }) },
    refusal: /may not specify more than 1 handler type/,
    afterRelease: true,
  },
]
