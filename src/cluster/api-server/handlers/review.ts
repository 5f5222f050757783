import type { TransportResponse } from '../../../kube/index.ts'
import { type ApiRequest, protobuf } from '../request/api-request.ts'
import { mediaTypeOf, readQuestion } from '../request/body.ts'
import { answerJson } from '../request/presentation.ts'

const user = { username: 'system:admin', groups: ['system:masters', 'system:authenticated'] }
const everything = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] }

/** What each review answers: everybody is the administrator, and may do everything. */
const answers: Readonly<Record<string, object>> = {
  'authorization.k8s.io/v1/selfsubjectaccessreviews': { allowed: true },
  'authorization.k8s.io/v1/subjectaccessreviews': { allowed: true },
  'authorization.k8s.io/v1/localsubjectaccessreviews': { allowed: true },
  'authorization.k8s.io/v1/selfsubjectrulesreviews': {
    resourceRules: [everything],
    nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
    incomplete: false,
  },
  'authentication.k8s.io/v1/selfsubjectreviews': { userInfo: user },
  'authentication.k8s.io/v1/tokenreviews': { authenticated: true, user },
}

/** Reviews are served for discovery under these names. */
export const reviewResources = [
  {
    group: 'authorization.k8s.io',
    plural: 'selfsubjectaccessreviews',
    kind: 'SelfSubjectAccessReview',
    namespaced: false,
  },
  {
    group: 'authorization.k8s.io',
    plural: 'selfsubjectrulesreviews',
    kind: 'SelfSubjectRulesReview',
    namespaced: false,
  },
  { group: 'authorization.k8s.io', plural: 'subjectaccessreviews', kind: 'SubjectAccessReview', namespaced: false },
  {
    group: 'authorization.k8s.io',
    plural: 'localsubjectaccessreviews',
    kind: 'LocalSubjectAccessReview',
    namespaced: true,
  },
  { group: 'authentication.k8s.io', plural: 'selfsubjectreviews', kind: 'SelfSubjectReview', namespaced: false },
  { group: 'authentication.k8s.io', plural: 'tokenreviews', kind: 'TokenReview', namespaced: false },
] as const

/** A POST that asks who one is or what one may, or undefined when it is none. */
export function answerReview(request: ApiRequest): TransportResponse | undefined {
  if (request.method !== 'POST' || !request.path.startsWith('/apis/auth')) return undefined
  const status = answers[request.path.slice('/apis/'.length).replace(/\/namespaces\/[^/]+/, '')]
  if (status === undefined) return undefined
  return answerJson(request, { ...sentOf(request), status }, 201)
}

/** Every question has the same answer, so that one in protobuf need not be read. @throws ApiError 400 */
function sentOf(request: ApiRequest): object {
  if (mediaTypeOf(request) !== protobuf) return readQuestion(request) as object
  const [, group, plural] = /^\/apis\/([^/]+)\/[^/]+\/(?:namespaces\/[^/]+\/)?([^/]+)$/.exec(request.path) ?? []
  const kind = reviewResources.find((review) => review.plural === plural)?.kind
  return { kind, apiVersion: `${group}/v1`, metadata: {}, spec: {} }
}
