import type { Section } from './check.ts'
import { labNamespace } from './manifests.ts'
import { operatorMetrics } from './operator-pod.ts'
import { check } from './sections.ts'
import type { Testbed } from './testbed.ts'
import { operatorNamespace } from '../src/lab/stage/index.ts'

/**
 * The rules of config/rbac.yaml against the requests that were really made. Some are for `spec.pacing` alone: a run in which
 * no policy has it (`paced: false`) must not have used them, and a run in which one has must have used each.
 */
export async function rbacSection(testbed: Testbed, { paced }: { paced: boolean }): Promise<Section> {
  const { requests } = await operatorMetrics(testbed)
  const used = new Set(requests.keys())
  const rules = await grantedRules(testbed)
  const unused = [...rules].filter((rule) => !used.has(rule) && !fallbacks.has(rule) && (paced || !forPacing.has(rule)))
  const untold = [...forPacing].filter((rule) => !rules.has(rule))
  const idle = [...forPacing].filter((rule) => used.has(rule))
  const fenced = await fencedChanges(testbed)
  const forbidden = [...used].filter((key) => !rules.has(key) && key !== 'get nonresource')
  return {
    name: 'RBAC is what the operator uses',
    checks: [
      check(
        'every granted verb was used, or is a fallback',
        unused.length === 0,
        unused.join(', ') || `${rules.size} granted`,
      ),
      check('every verb that was used is granted', forbidden.length === 0, forbidden.join(', ') || `${used.size} used`),
      check('the rules for pacing are granted', untold.length === 0, untold.join(', ') || `${forPacing.size} granted`),
      ...(paced
        ? []
        : [check('without spec.pacing none of its rules is used', idle.length === 0, idle.join(', ') || 'none used')]),
      ...fenced,
    ],
    figures: { granted: [...rules].sort(), used: [...used].sort() },
  }
}

/**
 * What RBAC alone would let the operator's account do, and config/admission-fence.yaml does not; and what it does. All of it,
 * with a Deployment whose owner allowed rollbacks, is in test/config/fence.test.ts.
 */
async function fencedChanges(testbed: Testbed): Promise<Section['checks']> {
  const refused = {
    'another image': { spec: { template: { spec: { containers: [{ name: 'app', image: 'stranger' }] } } } },
    'another service account': { spec: { template: { spec: { serviceAccountName: 'stranger' } } } },
    'another number of pods': { spec: { replicas: 0 } },
    "the owner's leave for rollbacks": { metadata: { annotations: { 'drainkeeper.dev/rollback': 'allowed' } } },
  }
  const done = { 'a hold': { spec: { minReadySeconds: 120 } }, 'a pause': { spec: { paused: true } } }
  return Promise.all([
    ...Object.entries(refused).map(async ([what, patch]) => {
      const { status, message } = await tryAsOperator(testbed, patch)
      const denied = status === 422 && message.includes('drainkeeper may not')
      return check(`the operator's account cannot set ${what}`, denied, message.split(': ').at(-1) ?? '')
    }),
    ...Object.entries(done).map(async ([what, patch]) => {
      const { status, message } = await tryAsOperator(testbed, patch)
      return check(`the operator's account can set ${what}`, status === 200, message || `${status}`)
    }),
  ])
}

async function tryAsOperator({ transport }: Testbed, patch: object): Promise<{ status: number; message: string }> {
  const response = await transport.request({
    method: 'PATCH',
    path: `/apis/apps/v1/namespaces/${labNamespace}/deployments/drained`,
    query: { dryRun: 'All' },
    headers: {
      'content-type': 'application/strategic-merge-patch+json',
      'impersonate-user': `system:serviceaccount:${operatorNamespace}:drainkeeper`,
    },
    body: JSON.stringify(patch),
    verb: 'patch',
    resource: 'deployments.apps',
  })
  const { message = '' } = JSON.parse(await response.text()) as { message?: string }
  return { status: response.status, message }
}

/** Used only where the server streams no lists, or where no lease exists yet, or an event happens again. */
const fallbacks = new Set([
  'list drainpolicies.drainkeeper.dev',
  'list deployments.apps',
  'list pods',
  'list services',
  'list endpointslices.discovery.k8s.io',
  'create leases.coordination.k8s.io',
  'get events.events.k8s.io',
  'patch events.events.k8s.io',
])

/** What only the watch of a rollout asks, and a rollback: `npm run e2e:pacing` shows that they do. */
const forPacing = new Set(['get deployments.apps', 'list replicasets.apps', 'list poddisruptionbudgets.policy'])

interface Rules {
  items: { rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[] }[]
}

async function grantedRules(testbed: Testbed): Promise<Set<string>> {
  const read = async (args: string[]): Promise<Rules['items'][number]> =>
    JSON.parse(await testbed.kubectl.run([...args, '-o', 'json'])) as Rules['items'][number]
  const roles = [
    await read(['get', 'clusterrole', 'drainkeeper']),
    await read(['-n', operatorNamespace, 'get', 'role', 'drainkeeper-leader']),
  ]
  const rules = roles.flatMap((role) => role.rules)
  return new Set(
    rules.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          verbs.map((verb) => `${verb} ${(resource.split('/')[0] ?? '') + (group === '' ? '' : `.${group}`)}`),
        ),
      ),
    ),
  )
}
