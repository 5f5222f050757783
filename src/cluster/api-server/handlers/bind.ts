import type { KubeObject, TransportResponse } from '../../../kube/index.ts'
import { ApiError, badRequest, conflict, unknownFailure } from '../api-error.ts'
import type { ApiRequest } from '../request/api-request.ts'
import { readQuestion } from '../request/body.ts'
import { writeOptionsOf } from '../request/options.ts'
import { answerJson } from '../request/presentation.ts'
import type { Target } from '../request/target.ts'
import type { ServerContext } from '../server-context.ts'
import { cloneJson } from '../storage/json.ts'
import { setCondition } from './conditions.ts'
import { existing } from './read.ts'
import { commit, type Writing } from './storing.ts'

interface Pod extends KubeObject {
  spec: { nodeName?: string; schedulingGates?: unknown[] }
  status?: { conditions?: object[] }
}

interface Binding {
  metadata?: { name?: string; uid?: string; annotations?: Record<string, string>; labels?: Record<string, string> }
  target?: { name?: string }
}

/** POST of pods/binding: the scheduler's decision. */
export function bindPod(context: ServerContext, request: ApiRequest, target: Target): TransportResponse {
  const options = writeOptionsOf(request, 'CreateOptions')
  const binding = bodyOf(request)
  if (binding.metadata?.name !== target.name) throw badRequest('name in URL does not match name in Binding object')
  const node = binding.target?.name ?? ''
  if (node === '') throw unknownFailure('target.name: Required value')
  const live = existing(target) as Pod
  checkMayBind(live, binding)
  const next = cloneJson(live)
  next.spec.nodeName = node
  for (const map of ['annotations', 'labels'] as const) {
    if (binding.metadata[map] !== undefined) next.metadata[map] = { ...next.metadata[map], ...binding.metadata[map] }
  }
  setCondition(next, { type: 'PodScheduled', status: 'True' }, context.clock)
  const writing: Writing = { context, target, client: request.userAgent, verb: 'create', options }
  if (live.metadata.managedFields !== undefined) next.metadata.managedFields = [...live.metadata.managedFields]
  commit(writing, live, next)
  const success = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }
  return answerJson(request, success, 201)
}

function checkMayBind({ metadata, spec }: Pod, binding: Binding): void {
  const { name } = metadata
  const uid = binding.metadata?.uid
  const pods = { group: '', version: 'v1', kind: 'Pod', namespaced: true }
  if (uid !== undefined && uid !== metadata.uid) {
    const why = `StorageError: invalid object, Code: 4, Key: /registry/pods/${metadata.namespace}/${name}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`
    throw conflict({ ...pods, plural: 'pods' }, name, why)
  }
  const refused = (why: string): ApiError => conflict({ ...pods, plural: 'pods/binding' }, name, why)
  if (metadata.deletionTimestamp !== undefined) {
    throw refused(`pod ${name} is being deleted, cannot be assigned to a host`)
  }
  if (spec.nodeName !== undefined && spec.nodeName !== '') {
    throw refused(`pod ${name} is already assigned to node "${spec.nodeName}"`)
  }
  if ((spec.schedulingGates ?? []).length > 0) throw refused(`pod ${name} has non-empty .spec.schedulingGates`)
}

function bodyOf(request: ApiRequest): Binding & { metadata: NonNullable<Binding['metadata']> } {
  const binding = readQuestion(request) as Binding
  return { ...binding, metadata: binding.metadata ?? {} }
}
