import { type KubeObject, type LabelSelector, pods, selects, type TransportResponse } from '../../../kube/index.ts'
import { ApiError, badRequest, forbidden, tooManyRequests } from '../api-error.ts'
import type { ApiRequest } from '../request/api-request.ts'
import { readQuestion } from '../request/body.ts'
import { checkedDeleteOptions, type DeleteOptions, type SentDeleteOptions } from '../request/delete-options.ts'
import { writeOptionsOf } from '../request/options.ts'
import { answerJson } from '../request/presentation.ts'
import type { Target } from '../request/target.ts'
import { type ServerContext, timestamp } from '../server-context.ts'
import { cloneJson } from '../storage/json.ts'
import { conditionOf, setCondition } from './conditions.ts'
import { deleteStored, deletion } from './delete.ts'
import { existing } from './read.ts'
import { commit, type Writing } from './storing.ts'

interface Budget extends KubeObject {
  spec?: { selector?: LabelSelector; unhealthyPodEvictionPolicy?: string }
  status?: {
    observedGeneration?: number
    disruptionsAllowed?: number
    currentHealthy?: number
    desiredHealthy?: number
    disruptedPods?: Record<string, string>
  }
}

interface Eviction {
  metadata?: { name?: string }
  deleteOptions?: SentDeleteOptions
}

const mostDisruptedPods = 2000
const refusal = "Cannot evict pod as it would violate the pod's disruption budget."

/** POST of pods/eviction: a deletion that asks the pod's disruption budget first. */
export function evictPod(context: ServerContext, request: ApiRequest, target: Target): TransportResponse {
  const { dryRun } = writeOptionsOf(request, 'CreateOptions')
  const eviction = readQuestion(request) as Eviction
  if (eviction.metadata?.name !== target.name) throw badRequest('name in URL does not match name in Eviction object')
  const sent = checkedDeleteOptions(eviction.deleteOptions ?? {})
  const options: DeleteOptions = { ...sent, dryRun: sent.dryRun || dryRun }
  const writing = deletion(context, request, target, options)
  const pod = existing(target)
  if (!isPastProtection(pod)) askBudget(writing, pod)
  const marked = markedEvicted(writing, pod, options)
  deleteStored(writing, marked, marked === pod ? options : { ...options, resourceVersion: undefined })
  return answerJson(request, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }, 201)
}

/** Not yet running, over, or ending already: nobody misses it. */
function isPastProtection(pod: KubeObject): boolean {
  const phase = (pod as { status?: { phase?: string } }).status?.phase ?? 'Pending'
  return phase !== 'Running' || pod.metadata.deletionTimestamp !== undefined
}

/** @throws ApiError 429 while the budget allows no disruption, 500 when more than one covers the pod. */
function askBudget(writing: Writing, pod: KubeObject): void {
  const { context } = writing
  const budgets = (
    context.resources.collectionOf('poddisruptionbudgets.policy').all(pod.metadata.namespace) as Budget[]
  ).filter(({ spec }) => selects(spec?.selector, pod.metadata.labels))
  const [budget, another] = budgets
  if (another !== undefined) {
    const message = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.'
    throw new ApiError({ code: 500, message })
  }
  if (budget === undefined) return
  const { status = {} } = budget
  const isHealthy = conditionOf(pod, 'Ready')?.status === 'True'
  const { currentHealthy = 0, desiredHealthy = 0 } = status
  if (!isHealthy) {
    if (budget.spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return
    if (currentHealthy >= desiredHealthy && desiredHealthy > 0) return
  }
  checkBudget(budget)
  if (writing.options.dryRun) return
  takeDisruption(writing, budget, pod)
}

function checkBudget(budget: Budget): void {
  const { metadata, status = {} } = budget
  const { observedGeneration = 0, disruptionsAllowed = 0, currentHealthy = 0, desiredHealthy = 0 } = status
  const { name } = metadata
  if (observedGeneration < (metadata.generation ?? 0)) {
    throw refused(10, `The disruption budget ${name} is still being processed by the server.`)
  }
  const resource = { ...pods, group: 'policy', plural: 'poddisruptionbudget' }
  if (disruptionsAllowed < 0) throw forbidden(resource, name, 'pdb disruptions allowed is negative')
  if (Object.keys(status.disruptedPods ?? {}).length > mostDisruptedPods) {
    throw forbidden(resource, name, 'DisruptedPods map too big - too many evictions not confirmed by PDB controller')
  }
  if (disruptionsAllowed > 0) return
  const condition = conditionOf(budget, 'DisruptionAllowed')
  const why = condition?.status === 'False' ? (condition.message ?? '') : ''
  if (condition?.reason === 'SyncFailed' && why !== '') {
    throw refused(
      0,
      `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${why}`,
    )
  }
  if (currentHealthy <= desiredHealthy) {
    throw refused(
      0,
      `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
    )
  }
  const shown = why === '' ? '' : ` (${condition?.reason}): ${why}`
  throw refused(0, `The disruption budget ${name} does not allow evicting pods currently${shown}`)
}

function refused(retryAfterSeconds: number, message: string): ApiError {
  return tooManyRequests(refusal, retryAfterSeconds, [{ reason: 'DisruptionBudget', message }])
}

/** One disruption less, and the name of the pod for the controller, until it has seen the pod go. */
function takeDisruption(writing: Writing, budget: Budget, pod: KubeObject): void {
  const { context } = writing
  const resource = context.resources.find('policy', 'v1', 'poddisruptionbudgets')
  if (resource === undefined) return
  const next = cloneJson(budget)
  next.status ??= {}
  next.status.disruptionsAllowed = (next.status.disruptionsAllowed ?? 0) - 1
  next.status.disruptedPods = { ...next.status.disruptedPods, [pod.metadata.name]: timestamp(context.clock) }
  if (next.status.disruptionsAllowed === 0) {
    const observedGeneration = next.status.observedGeneration
    const reason = { type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods', message: '' } as const
    setCondition(
      next,
      { ...reason, ...(observedGeneration === undefined ? {} : { observedGeneration }) },
      context.clock,
    )
  }
  const { namespace } = budget.metadata
  const target: Target = { resource, namespace, name: budget.metadata.name, subresource: 'status', rest: '' }
  commit({ ...writing, target, verb: 'update' }, budget, next)
}

/** The pod with the condition that says why it goes. */
function markedEvicted(writing: Writing, pod: KubeObject, { uid, resourceVersion, dryRun }: DeleteOptions): KubeObject {
  const isOther =
    (uid !== undefined && uid !== pod.metadata.uid) ||
    (resourceVersion !== undefined && resourceVersion !== pod.metadata.resourceVersion)
  // The deletion tells the precondition that does not hold.
  if (isOther || dryRun) return pod
  const next = cloneJson(pod)
  const condition = { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' } as const
  setCondition(next, { ...condition, message: 'Eviction API: evicting' }, writing.context.clock)
  return commit({ ...writing, verb: 'update' }, pod, next).object
}
