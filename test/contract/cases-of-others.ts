import { type Case, BOTH, GRACE, RAISED, deployment, podSpec, withHook } from './case.ts'

/** What others wrote, before we have written anything. */
export const OTHERS: readonly Case[] = [
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
]
