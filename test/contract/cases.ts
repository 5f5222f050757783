import type { PatchRequest, Plan } from '../../src/contract/index.ts'

/** A way in which somebody writes a Deployment. */
export type Step =
  | { kubectlApply: object; manager?: string }
  | { serverSideApply: object; manager: string; force?: boolean }
  | { create: object; manager: string }
  | { strategicPatch: object; manager: string }
  | { ours: Partial<PatchRequest> }
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

const APP = { name: 'app', image: 'app:1' }
const DRAIN_APP = { ...APP, ports: [{ name: 'drain', containerPort: 9909 }] }
const PROXY = { name: 'proxy', image: 'proxy:1', ports: [{ name: 'http', containerPort: 8080 }] }

function podSpec(spec: object): object {
  return { spec: { template: { spec } } }
}

function deployment(spec: object = {}, more: object = {}): object {
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

function withHook(preStop: object, more: object = {}): object {
  return deployment({ containers: [{ ...APP, lifecycle: { preStop } }], ...more })
}

const GRACE = (seconds: number): object => deployment({ terminationGracePeriodSeconds: seconds })
const BOTH = ['gracePeriod', 'preStop']
const RAISED: Case['expected'] = {
  action: 'Apply',
  force: true,
  conflicts: ['GraceDefaulted'],
  fields: BOTH,
  changesTemplate: true,
}

export const CASES: readonly Case[] = [
  {
    sentence: 'kubectl apply without a grace period: its default is taken by force, and that is told',
    steps: [{ kubectlApply: deployment() }],
    expected: { ...RAISED, says: 'last-applied-configuration does not name' },
    naiveAnswer: 409,
  },
  {
    sentence: 'kubectl apply that states 45: it covers, and only the hook is written',
    steps: [{ kubectlApply: GRACE(45) }],
    expected: { action: 'Apply', notes: ['GraceKept'], fields: ['preStop'], promises: { gracePeriodSeconds: 45 } },
    naiveAnswer: 409,
  },
  {
    sentence: 'kubectl apply that states 30: the same value as the default, but meant',
    steps: [{ kubectlApply: GRACE(30) }],
    expected: {
      action: 'Blocked',
      conflicts: ['GraceStated'],
      says: 'Write terminationGracePeriodSeconds: 41 in the manifest',
    },
    naiveAnswer: 409,
  },
  {
    sentence: 'server-side apply without a grace period: nobody owns the default, no force is needed',
    steps: [{ serverSideApply: deployment(), manager: 'kubectl' }],
    expected: { action: 'Apply', notes: ['ContainerItemShared'], fields: BOTH, changesTemplate: true },
    naiveAnswer: 200,
  },
  {
    sentence: 'server-side apply that states 20: stays, and is reported',
    steps: [{ serverSideApply: GRACE(20), manager: 'kubectl' }],
    expected: { action: 'Blocked', conflicts: ['GraceStated'] },
    naiveAnswer: 409,
  },
  {
    sentence: 'server-side apply that states 4: less than the drain delay alone',
    steps: [{ serverSideApply: GRACE(4), manager: 'kubectl' }],
    expected: { action: 'Blocked', conflicts: ['GraceStated', 'SleepNotBelowGrace'] },
    naiveAnswer: 409,
  },
  {
    sentence: 'server-side apply that states 30: an Apply owner means it',
    steps: [{ serverSideApply: GRACE(30), manager: 'kubectl' }],
    expected: { action: 'Blocked', conflicts: ['GraceStated'] },
    naiveAnswer: 409,
  },
  {
    sentence: 'Flux states 35: the message names Flux and Git',
    steps: [{ serverSideApply: GRACE(35), manager: 'kustomize-controller' }],
    expected: {
      action: 'Blocked',
      conflicts: ['GraceStated'],
      says: 'Flux (kustomize-controller), and 41 is needed. Write terminationGracePeriodSeconds: 41 in Git',
    },
    naiveAnswer: 409,
  },
  {
    sentence: 'Argo CD by client-side apply without a grace period: a bare default',
    steps: [{ kubectlApply: deployment(), manager: 'argocd-controller' }],
    expected: { ...RAISED, says: 'Argo CD (argocd-controller)' },
    naiveAnswer: 409,
  },
  {
    sentence: 'Argo CD by server-side apply that states 60: kept',
    steps: [{ serverSideApply: GRACE(60), manager: 'argocd-controller' }],
    expected: { action: 'Apply', notes: ['GraceKept', 'ContainerItemShared'], fields: ['preStop'] },
  },
  {
    sentence: 'Helm 3 creates without last-applied-configuration: 30 is taken for the default, and that is told',
    steps: [{ create: deployment(), manager: 'helm' }],
    expected: { ...RAISED, says: 'cannot be told from a line that was never written; Helm (helm)' },
    naiveAnswer: 409,
  },
  {
    sentence: 'Helm 3 states 60: kept',
    steps: [{ create: GRACE(60), manager: 'helm' }],
    expected: { action: 'Apply', notes: ['GraceKept'], fields: ['preStop'] },
  },
  {
    sentence: 'a default that was put back after it was raised is meant',
    steps: [{ create: deployment(), manager: 'helm' }],
    request: { reverted: ['gracePeriod'] },
    expected: { action: 'Blocked', conflicts: ['GraceStated'], says: 'put back after it was raised' },
  },
  {
    sentence: 'kubectl edit changed the grace period to 30: whoever changes a field means it',
    steps: [
      { kubectlApply: deployment() },
      { strategicPatch: podSpec({ terminationGracePeriodSeconds: 60 }), manager: 'kubectl-edit' },
      { strategicPatch: podSpec({ terminationGracePeriodSeconds: 30 }), manager: 'kubectl-edit' },
    ],
    expected: { action: 'Blocked', conflicts: ['GraceStated'], says: 'kubectl edit' },
    naiveAnswer: 409,
  },
  {
    sentence: 'kubectl apply stated 45 and took the line out again: a default once more',
    steps: [{ kubectlApply: GRACE(45) }, { kubectlApply: deployment() }],
    expected: RAISED,
    naiveAnswer: 409,
  },
  {
    sentence: 'made by kubectl create, later kubectl apply stated 45 and took the line out again: a default too',
    steps: [
      { create: deployment(), manager: 'kubectl-create' },
      { kubectlApply: GRACE(45) },
      { kubectlApply: deployment() },
    ],
    expected: RAISED,
    naiveAnswer: 409,
  },
  {
    sentence: 'kubectl rollout restart owns an annotation, nothing that matters here',
    steps: [
      { kubectlApply: deployment() },
      {
        strategicPatch: { spec: { template: { metadata: { annotations: { restartedAt: 'now' } } } } },
        manager: 'kubectl-rollout',
      },
    ],
    expected: RAISED,
  },
  {
    sentence: 'a default that covers is left alone: no force, only the hook',
    steps: [{ kubectlApply: deployment() }],
    request: { gracePeriodSeconds: 25 },
    expected: { action: 'Apply', fields: ['preStop'], promises: { gracePeriodSeconds: 30, drainDelaySeconds: 5 } },
  },
  {
    sentence: 'an exec hook of unknown duration is not replaced',
    steps: [{ kubectlApply: withHook({ exec: { command: ['/app/stop.sh'] } }) }],
    expected: {
      action: 'Blocked',
      conflicts: ['OtherHook'],
      says: 'an exec of "/app/stop.sh", stated by kubectl apply',
    },
    naiveAnswer: 409,
  },
  {
    sentence: 'an exec hook beside an unowned grace period: the API server would answer 422',
    steps: [{ serverSideApply: withHook({ exec: { command: ['/app/stop.sh'] } }), manager: 'kubectl' }],
    expected: { action: 'Blocked', conflicts: ['OtherHook'] },
    naiveAnswer: 422,
  },
  {
    sentence: 'an exec hook that only sleeps for long enough covers, and the grace period grows by the rest',
    steps: [{ serverSideApply: withHook({ exec: { command: ['sh', '-c', 'sleep 15'] } }), manager: 'kubectl' }],
    expected: {
      action: 'Apply',
      notes: ['GraceRaisedForHook', 'PreStopAsStated'],
      fields: ['gracePeriod'],
      promises: { method: 'AsStated', drainDelaySeconds: 15, gracePeriodSeconds: 51 },
    },
  },
  {
    sentence: "an httpGet hook of the application's own is not replaced",
    steps: [{ serverSideApply: withHook({ httpGet: { path: '/stop', port: 80 } }), manager: 'kubectl' }],
    expected: { action: 'Blocked', conflicts: ['OtherHook'], says: 'an httpGet of /stop on port 80' },
    naiveAnswer: 422,
  },
  {
    sentence: 'a stated sleep that covers is kept',
    steps: [{ serverSideApply: withHook({ sleep: { seconds: 20 } }), manager: 'kubectl' }],
    expected: {
      action: 'Apply',
      notes: ['GraceRaisedForHook', 'PreStopAsStated'],
      fields: ['gracePeriod'],
      promises: { method: 'AsStated', drainDelaySeconds: 20, gracePeriodSeconds: 56 },
    },
    naiveAnswer: 409,
  },
  {
    sentence: 'a stated sleep that is too short is reported',
    steps: [{ serverSideApply: withHook({ sleep: { seconds: 2 } }), manager: 'kubectl' }],
    expected: { action: 'Blocked', conflicts: ['HookTooShort'], says: 'Make it at least 5 s in the manifest' },
    naiveAnswer: 409,
  },
  {
    sentence: "a stated call of drain-server covers, and the library's own delay holds",
    steps: [{ serverSideApply: withHook({ httpGet: { path: '/admin/drain', port: 9909 } }), manager: 'kubectl' }],
    expected: {
      action: 'Apply',
      notes: ['PreStopAsStated'],
      fields: ['gracePeriod'],
      promises: { method: 'AsStated' },
    },
  },
  {
    sentence: 'everything is stated and covers: nothing is written',
    steps: [{ kubectlApply: withHook({ sleep: { seconds: 5 } }, { terminationGracePeriodSeconds: 41 }) }],
    expected: { action: 'None', notes: ['GraceKept', 'PreStopAsStated'], fields: [], changesTemplate: false },
    naiveAnswer: 200,
  },
  {
    sentence: 'our own earlier apply says it already: no request',
    steps: [{ kubectlApply: deployment() }, { ours: {} }],
    expected: { action: 'None', fields: BOTH, changesTemplate: false },
  },
  {
    sentence: 'a new measurement: our own fields change without force',
    steps: [{ kubectlApply: deployment() }, { ours: {} }],
    request: { drainDelaySeconds: 7, gracePeriodSeconds: 50 },
    expected: {
      action: 'Apply',
      fields: BOTH,
      changesTemplate: true,
      promises: { drainDelaySeconds: 7, gracePeriodSeconds: 50 },
    },
  },
  {
    sentence: 'what we raised and the default now covers is given back',
    steps: [{ kubectlApply: deployment() }, { ours: {} }],
    request: { gracePeriodSeconds: 25 },
    expected: { action: 'Apply', notes: ['GivenBack'], fields: ['preStop'], changesTemplate: true },
  },
  {
    sentence: 'an unchanged re-apply by the user leaves ours settled',
    steps: [
      { kubectlApply: deployment() },
      { ours: {} },
      { kubectlApply: deployment({ containers: [{ ...APP, image: 'app:2' }] }) },
    ],
    expected: { action: 'None', fields: BOTH },
  },
  {
    sentence: 'the user states a larger grace period after us: theirs is kept',
    steps: [{ kubectlApply: deployment() }, { ours: {} }, { kubectlApply: GRACE(50) }],
    expected: { action: 'None', notes: ['GraceKept'], fields: ['preStop'] },
  },
  {
    sentence: 'the user states a smaller grace period after us: theirs is kept, and reported',
    steps: [{ kubectlApply: deployment() }, { ours: {} }, { kubectlApply: GRACE(40) }],
    expected: { action: 'Blocked', conflicts: ['GraceStated'] },
  },
  {
    sentence: 'the user states exactly our value, which changes no ownership: it is held for them',
    steps: [{ kubectlApply: deployment() }, { ours: {} }, { kubectlApply: GRACE(41) }],
    request: { gracePeriodSeconds: 35 },
    expected: { action: 'None', notes: ['GraceKept'], fields: BOTH },
  },
  {
    sentence: 'the user states exactly our value and more is needed: reported, not raised',
    steps: [{ kubectlApply: deployment() }, { ours: {} }, { kubectlApply: GRACE(41) }],
    request: { gracePeriodSeconds: 50 },
    expected: { action: 'Blocked', conflicts: ['GraceStated'] },
  },
  {
    sentence: 'the user states our hook, which changes no ownership: it is held for them',
    steps: [{ kubectlApply: deployment() }, { ours: {} }, { kubectlApply: withHook({ sleep: { seconds: 5 } }) }],
    request: { drainDelaySeconds: 3 },
    expected: {
      action: 'Apply',
      notes: ['GraceRaisedForHook', 'PreStopAsStated'],
      fields: BOTH,
      promises: { drainDelaySeconds: 5 },
    },
  },
  {
    sentence: 'drain-server is there: its hook carries the contract, and its readiness is used',
    steps: [{ serverSideApply: deployment({ containers: [DRAIN_APP] }), manager: 'kubectl' }],
    expected: {
      action: 'Apply',
      notes: ['ContainerItemShared'],
      fields: ['gracePeriod', 'preStop', 'readiness'],
      promises: { method: 'HTTP' },
    },
  },
  {
    sentence: 'drain-server is there and the user has a probe: the probe is left alone',
    steps: [
      {
        serverSideApply: deployment({
          containers: [{ ...DRAIN_APP, readinessProbe: { exec: { command: ['true'] } } }],
        }),
        manager: 'kubectl',
      },
    ],
    expected: { action: 'Apply', notes: ['ReadinessAsStated', 'ContainerItemShared'], fields: BOTH },
  },
  {
    sentence: 'HTTP is asked for without the port: say what to write',
    steps: [{ kubectlApply: deployment() }],
    request: { method: 'HTTP' },
    expected: { action: 'Blocked', conflicts: ['DrainPortMissing'], says: '{name: drain, containerPort: 9909}' },
  },
  {
    sentence: 'from sleep to drain-server: the other handler is given back in the same apply',
    steps: [{ kubectlApply: deployment() }, { ours: {} }, { kubectlApply: deployment({ containers: [DRAIN_APP] }) }],
    expected: {
      action: 'Apply',
      fields: ['gracePeriod', 'preStop', 'readiness'],
      changesTemplate: true,
      promises: { method: 'HTTP' },
    },
  },
  {
    sentence:
      'somebody edits the path of our hook: the rest of the handler stays held, since half a handler is refused',
    steps: [
      { kubectlApply: deployment({ containers: [DRAIN_APP] }) },
      { ours: {} },
      {
        strategicPatch: podSpec({
          containers: [{ name: 'app', lifecycle: { preStop: { httpGet: { path: '/admin/drain' } } } }],
        }),
        manager: 'kubectl-edit',
      },
    ],
    expected: {
      action: 'None',
      notes: ['PreStopAsStated'],
      fields: ['gracePeriod', 'preStop', 'readiness'],
      changesTemplate: false,
    },
  },
  {
    sentence: 'somebody edits the period of our probe: theirs stays, the handler stays ours',
    steps: [
      { kubectlApply: deployment({ containers: [DRAIN_APP] }) },
      { ours: {} },
      {
        strategicPatch: podSpec({ containers: [{ name: 'app', readinessProbe: { periodSeconds: 5 } }] }),
        manager: 'kubectl-edit',
      },
    ],
    expected: { action: 'None', notes: ['ReadinessAsStated'], fields: ['gracePeriod', 'preStop', 'readiness'] },
  },
  {
    sentence: 'somebody edits the whole handler of our probe: it is theirs, and the rest is given back',
    steps: [
      { kubectlApply: deployment({ containers: [DRAIN_APP] }) },
      { ours: {} },
      {
        strategicPatch: podSpec({
          containers: [{ name: 'app', readinessProbe: { httpGet: { path: '/ok', port: 80 } } }],
        }),
        manager: 'kubectl-edit',
      },
    ],
    expected: {
      action: 'Apply',
      notes: ['ReadinessAsStated', 'GivenBack'],
      fields: BOTH,
      says: 'the readiness probe of container app (stays as kubectl edit (kubectl-edit) states it)',
    },
  },
  {
    sentence: 'a readiness probe on a port that is not declared would never succeed',
    steps: [{ kubectlApply: deployment() }],
    request: { readiness: { path: '/ready', port: 'web', periodSeconds: 2, timeoutSeconds: 1, failureThreshold: 1 } },
    expected: { action: 'Blocked', conflicts: ['ReadinessPortMissing'] },
  },
  {
    sentence: 'a container by a mistyped name: the nearest one is suggested',
    steps: [{ kubectlApply: deployment({ containers: [APP, PROXY] }) }],
    request: { container: 'prxoy' },
    expected: { action: 'Blocked', conflicts: ['ContainerUnknown'], says: 'Did you mean proxy?' },
  },
  {
    sentence: 'two containers and no port to tell them apart: say what to write',
    steps: [{ kubectlApply: deployment({ containers: [APP, PROXY] }) }],
    expected: { action: 'Blocked', conflicts: ['ContainerAmbiguous'], says: 'spec.contract.container: app' },
  },
  {
    sentence: "two containers: the one that the Service's port names",
    steps: [{ kubectlApply: deployment({ containers: [APP, PROXY] }) }],
    request: { servicePorts: ['http'] },
    expected: { ...RAISED, promises: { container: 'proxy' } },
  },
  {
    sentence: 'the policy moves to another container: the first one is given back',
    steps: [{ kubectlApply: deployment({ containers: [APP, PROXY] }) }, { ours: { container: 'app' } }],
    request: { container: 'proxy' },
    expected: { action: 'Apply', notes: ['GivenBack'], fields: BOTH, changesTemplate: true },
  },
  {
    sentence: 'kubectl apply renames the container that we co-own: the new one is followed',
    steps: [
      { kubectlApply: deployment() },
      { ours: {} },
      { kubectlApply: deployment({ containers: [{ ...APP, name: 'web' }] }) },
    ],
    expected: { action: 'Apply', fields: BOTH, promises: { container: 'web' } },
  },
  {
    sentence: 'a container is kept by us and an image updater alone: it is let go, and the new one is followed',
    steps: [
      { serverSideApply: deployment(), manager: 'kustomize-controller' },
      { ours: {} },
      { strategicPatch: podSpec({ containers: [{ name: 'app', image: 'app:2' }] }), manager: 'image-updater' },
      {
        serverSideApply: deployment({ containers: [{ ...APP, name: 'web' }] }),
        manager: 'kustomize-controller',
        force: true,
      },
    ],
    expected: {
      action: 'Apply',
      notes: ['ContainerItemShared', 'GivenBack'],
      fields: BOTH,
      says: 'container app (is removed, as its owner did)',
      promises: { container: 'web' },
    },
    containersAfter: ['web'],
  },
  {
    sentence: 'the policy names a container that is kept by us alone: it is let go',
    steps: [
      { serverSideApply: deployment(), manager: 'kustomize-controller' },
      { ours: {} },
      { strategicPatch: podSpec({ containers: [{ name: 'app', image: 'app:2' }] }), manager: 'image-updater' },
      {
        serverSideApply: deployment({ containers: [{ ...APP, name: 'web' }] }),
        manager: 'kustomize-controller',
        force: true,
      },
    ],
    request: { container: 'app' },
    expected: { action: 'Release', conflicts: ['ContainerAbandoned'], notes: ['GivenBack'], fields: ['gracePeriod'] },
    containersAfter: ['web'],
  },
  {
    sentence: 'a native sidecar shares the grace period, and its own sleep bounds it from below',
    steps: [
      {
        serverSideApply: deployment({
          terminationGracePeriodSeconds: 60,
          initContainers: [
            {
              name: 'mesh',
              image: 'mesh:1',
              restartPolicy: 'Always',
              lifecycle: { preStop: { sleep: { seconds: 45 } } },
            },
          ],
        }),
        manager: 'kubectl',
      },
    ],
    expected: {
      action: 'Apply',
      notes: ['GraceKept', 'GraceRaisedForHook', 'SidecarSharesGrace', 'ContainerItemShared'],
      fields: ['preStop'],
    },
  },
  {
    sentence: 'a paused Deployment is written, and that nothing moves yet is told',
    steps: [{ kubectlApply: deployment({}, { paused: true }) }],
    expected: { ...RAISED, notes: ['Paused'] },
  },
  {
    sentence: 'an API server before 1.30 has no preStop.sleep',
    steps: [{ kubectlApply: deployment() }],
    request: { serverVersion: { major: 1, minor: 29 } },
    expected: {
      action: 'Blocked',
      conflicts: ['ServerTooOld'],
      says: 'needs Kubernetes 1.30',
    },
  },
  {
    sentence: 'a contract that contradicts itself is not written anywhere',
    steps: [{ kubectlApply: deployment() }],
    request: { drainDelaySeconds: 41 },
    expected: { action: 'Blocked', conflicts: ['ImpossibleContract'] },
  },
  {
    sentence: 'no ownership on record: the first apply makes the API server note everything as before-first-apply',
    steps: [{ serverSideApply: deployment(), manager: 'kubectl' }, { wipeOwnership: 'all' }],
    expected: { ...RAISED, says: 'before-first-apply' },
    naiveAnswer: 409,
  },
  {
    sentence: 'no ownership on record but ours: our item stays held, since giving it back would delete the container',
    steps: [{ serverSideApply: deployment(), manager: 'kubectl' }, { ours: {} }, { wipeOwnership: 'all but ours' }],
    expected: { action: 'None', fields: BOTH },
  },
]

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
