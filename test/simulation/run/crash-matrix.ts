import { judge, type Violation } from '../oracle/index.ts'
import { condition, deploymentsOf, policiesOf, writesOf } from '../oracle/final-state.ts'
import type { Happening, Plan } from '../plan/plan.ts'
import type { RawDeployment } from '../world/raw.ts'
import { live, type Lived } from './history.ts'

/** What becomes of one write. */
export const fates = ['dropped', 'answer lost', 'killed after'] as const
export type Fate = (typeof fates)[number]

const manifest = { name: 'checkout', author: 'kubectl', image: 'app:1', replicas: 2, drainPort: true } as const
const name = 'checkout'
const quick = { quantile: 0.5, confidence: 0.5, window: 10, initial: '5s' }
const spec = { targetRef: { name }, propagation: quick }

const pacing = { objective: { errorRate: 0.01, minRequests: 10 }, maxHold: '20s' }

const begin: Happening[] = [
  { kind: 'apply', atMs: 1000, manifest },
  { kind: 'patchService', atMs: 1000, name, spec: {} },
]

/** Short stories in which the operator writes everything that it can write. */
export const scenarios: Readonly<Record<string, Happening[]>> = {
  'a policy is delivered': [...begin, { kind: 'applyPolicy', atMs: 6000, name, spec }],
  'slow drains raise the contract': [
    ...begin,
    { kind: 'drains', atMs: 0, name, profile: 'slow' },
    { kind: 'applyPolicy', atMs: 6000, name, spec },
    { kind: 'restart', atMs: 60_000, name },
  ],
  'fast drains lower it with the next deploy': [
    ...begin,
    { kind: 'applyPolicy', atMs: 6000, name, spec: { ...spec, propagation: { ...quick, initial: '20s' } } },
    { kind: 'deploy', atMs: 90_000, name, image: 'app:2' },
  ],
  'a policy is deleted': [
    ...begin,
    { kind: 'applyPolicy', atMs: 6000, name, spec },
    { kind: 'deletePolicy', atMs: 40_000, name, againAfterMs: undefined },
  ],
  'a rollout is undone': [
    ...begin,
    { kind: 'applyPolicy', atMs: 6000, name, spec },
    { kind: 'deploy', atMs: 60_000, name, image: 'app:2' },
    { kind: 'undo', atMs: 90_000, name },
  ],
  'a policy that cannot be delivered, and then can': [
    { kind: 'apply', atMs: 1000, manifest: { ...manifest, author: 'argocd', graceSeconds: 40 } },
    { kind: 'applyPolicy', atMs: 6000, name, spec },
    { kind: 'stateGrace', atMs: 40_000, name, graceSeconds: undefined },
  ],
  'policies compete for a Deployment': [
    ...begin,
    { kind: 'applyPolicy', atMs: 6000, name, spec },
    { kind: 'applyPolicy', atMs: 12_000, name: 'rival', spec: { ...spec, propagation: { initial: '9s' } } },
    { kind: 'deletePolicy', atMs: 40_000, name, againAfterMs: undefined },
  ],
  'a version that fails is paused, and another one goes out': [
    { kind: 'apply', atMs: 1000, manifest },
    { kind: 'traffic', atMs: 0, name, requestsPerSecond: 200 },
    { kind: 'fails', atMs: 0, name, image: 'app:2', share: 0.3 },
    { kind: 'applyPolicy', atMs: 6000, name, spec: { targetRef: { name }, propagation: { initial: '2s' }, pacing } },
    { kind: 'deploy', atMs: 40_000, name, image: 'app:2' },
    { kind: 'deploy', atMs: 55_000, name, image: 'app:3' },
  ],
  'a Deployment is made again': [
    ...begin,
    { kind: 'applyPolicy', atMs: 6000, name, spec },
    { kind: 'deleteDeployment', atMs: 40_000, name, againAfterMs: 3000 },
  ],
}

export interface MatrixResult {
  scenario: string
  /** The write that met its fate, counted from 0. */
  nth: number
  fate: Fate
  violations: Violation[]
}

/** Tells every scenario once for each write and each fate. */
export async function* crashMatrix(): AsyncGenerator<MatrixResult> {
  for (const [scenario, happenings] of Object.entries(scenarios)) {
    const plan: Plan = { seed: 1, replicas: 1, travelMs: 20, watchLagMs: 20, happenings }
    const reference = await live(plan)
    const writes = reference.replicas.reduce((sum, replica) => sum + replica.writes, 0)
    yield { scenario, nth: -1, fate: 'dropped', violations: judge(reference, undefined) }
    for (let nth = 0; nth < writes; nth += 1) {
      for (const fate of fates) {
        const lived = await meet(plan, nth, fate)
        yield { scenario, nth, fate, violations: [...judge(lived, undefined), ...differences(lived, reference)] }
      }
    }
  }
}

async function meet(plan: Plan, nth: number, fate: Fate): Promise<Lived> {
  return live(plan, {
    onReplica: (replica) => {
      replica.writeFault = (write, moment) => {
        if (write !== nth || (moment === 'before') !== (fate === 'dropped')) return undefined
        replica.writeFault = undefined
        if (fate === 'killed after') replica.kill(1000)
        return fate === 'dropped' ? 'reset' : 'lostAnswer'
      }
    },
  })
}

/** What differs at the end: templates, how often they were changed, and what the policies say. */
function differences(lived: Lived, reference: Lived): Violation[] {
  // Who was away while a pod ended knows a drain less: another contract may follow, and is judged by itself.
  if (samplesOf(lived) !== samplesOf(reference)) return []
  const is = summaryOf(lived)
  const would = summaryOf(reference)
  return Object.keys(would).flatMap((what) =>
    is[what] === would[what]
      ? []
      : [{ rule: 'crash-matrix', message: `${what}: ${is[what]}, and would be ${would[what]}` }],
  )
}

function samplesOf(lived: Lived): string {
  return JSON.stringify(
    policiesOf(lived).map(({ status }) =>
      status?.targets?.map(({ propagation, drains }) => [propagation?.history, drains]),
    ),
  )
}

function summaryOf(lived: Lived): Record<string, string> {
  const templates = deploymentsOf(lived).map(({ spec }) => spec.template.spec)
  const changes = writesOf(lived).filter(
    ({ resource, before, object, changed }) =>
      changed && resource.plural === 'deployments' && template(before) !== template(object),
  )
  const conditions = policiesOf(lived).map((policy) =>
    ['Ready', 'ContractDelivered', 'Stalled'].map((type) => {
      const found = condition(policy, type)
      return `${policy.metadata.name} ${type} ${found?.status} ${found?.reason}`
    }),
  )
  return {
    templates: JSON.stringify(templates),
    'rollouts of ours': String(changes.length),
    conditions: JSON.stringify(conditions),
  }
}

function template(object: unknown): string {
  return JSON.stringify((object as RawDeployment | undefined)?.spec.template)
}
