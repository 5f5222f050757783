import type { Kubectl } from '../kubectl.ts'
import { badInputNamespace, type Manifest } from './objects.ts'

/** The Deployment whose template an administrator's admission policy lets nobody change. */
export const frozen = 'template-frozen'
export const freezeMessage = 'no rollouts before Monday'

const name = badInputNamespace
const kinds = ['validatingadmissionpolicybinding', 'validatingadmissionpolicy'] as const

export const freeze: readonly Manifest[] = [
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name },
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        resourceRules: [
          { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['deployments'] },
        ],
      },
      validations: [
        {
          expression: `object.metadata.name != '${frozen}' || object.spec.template == oldObject.spec.template`,
          message: freezeMessage,
        },
      ],
    },
  },
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name },
    spec: {
      policyName: name,
      validationActions: ['Deny'],
      matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': badInputNamespace } } },
    },
  },
]

/** Resolves when the API server obeys the admission policy: it tells nobody, so it is asked until it refuses. */
export async function freezeInForce(kubectl: Kubectl, signal: AbortSignal): Promise<void> {
  const change = JSON.stringify({ spec: { template: { metadata: { annotations: { change: 'any' } } } } })
  const patch = ['-n', badInputNamespace, 'patch', 'deployment', frozen, '--dry-run=server']
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(30_000)])
  for (;;) {
    const { stderr } = await kubectl.attempt([...patch, '-p', change])
    if (stderr.includes(freezeMessage)) return
    deadline.throwIfAborted()
  }
}

export async function thaw(kubectl: Kubectl): Promise<void> {
  for (const kind of kinds) await kubectl.attempt(['delete', kind, name, '--ignore-not-found'])
}
