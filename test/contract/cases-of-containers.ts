import { type Case, APP, BOTH, DRAIN_APP, PROXY, RAISED, deployment, podSpec } from './case.ts'

/** drain-server, probes, the choice of a container, and what cannot be written at all. */
export const CONTAINERS: readonly Case[] = [
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
