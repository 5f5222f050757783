import { type Case, BOTH, DRAIN_APP, deployment, podSpec, type Step } from './case.ts'

const DRAINED = deployment({ containers: [DRAIN_APP] })
const SHORT = { drainDelaySeconds: 2, gracePeriodSeconds: 38 }
const LONG = { drainDelaySeconds: 9, gracePeriodSeconds: 60 }
const ALL = [...BOTH, 'readiness']

const AGAIN: Case['expected'] = {
  action: 'Apply',
  force: true,
  conflicts: ['PutBack', 'PutBack'],
  changesTemplate: true,
}

/** `kubectl rollout undo` across a contract of ours. Each case ends with a release, that is: the policy is deleted. */
export const UNDONE: readonly Case[] = [
  {
    sentence: 'undone to a shorter contract of ours in the hook: nobody means it, and it is taken again',
    steps: [{ kubectlApply: DRAINED }, { ours: SHORT }, { ours: {} }, { undo: 1 }],
    expected: {
      ...AGAIN,
      notes: ['TakenAgain', 'TakenAgain'],
      fields: ALL,
      promises: { drainDelaySeconds: 5, gracePeriodSeconds: 41 },
      says: 'put back by kubectl rollout undo',
    },
  },
  {
    sentence: 'undone to a longer contract of ours in the hook: it is not pinned',
    steps: [{ kubectlApply: DRAINED }, { ours: LONG }, { ours: {} }, { undo: 1 }],
    expected: {
      ...AGAIN,
      notes: ['TakenAgain', 'TakenAgain'],
      fields: ALL,
      promises: { drainDelaySeconds: 5, gracePeriodSeconds: 41 },
    },
  },
  {
    sentence: 'undone under server-side apply: an Apply owner of the container changes nothing of that',
    steps: [{ serverSideApply: DRAINED, manager: 'kubectl' }, { ours: LONG }, { ours: {} }, { undo: 1 }],
    expected: { ...AGAIN, notes: ['ContainerItemShared', 'TakenAgain', 'TakenAgain'], fields: ALL },
  },
  {
    sentence: 'undone to a contract that is wanted now: held as it is, without force',
    steps: [{ kubectlApply: DRAINED }, { ours: {} }, { ours: LONG }, { undo: 1 }],
    expected: { action: 'Apply', fields: ALL, changesTemplate: false },
  },
  {
    sentence: 'undone to a contract that is wanted now, and held: settled',
    steps: [{ kubectlApply: DRAINED }, { ours: {} }, { ours: LONG }, { undo: 1 }, { ours: {} }],
    expected: { action: 'None', fields: ALL, changesTemplate: false },
  },
  {
    sentence: 'undone to a sleep of ours that is known: taken again',
    steps: [{ kubectlApply: deployment() }, { ours: SHORT }, { ours: {} }, { undo: 1 }],
    request: { ours: [SHORT] },
    expected: { ...AGAIN, notes: ['TakenAgain', 'TakenAgain'], fields: BOTH, promises: { drainDelaySeconds: 5 } },
  },
  {
    sentence: 'undone to a longer sleep of ours that is known: not pinned',
    steps: [{ kubectlApply: deployment() }, { ours: LONG }, { ours: {} }, { undo: 1 }],
    request: { ours: [LONG] },
    expected: { ...AGAIN, notes: ['TakenAgain', 'TakenAgain'], fields: BOTH, promises: { gracePeriodSeconds: 41 } },
  },
  {
    sentence: 'undone to a sleep that nobody knows: reported, with the tool by its true name',
    steps: [{ kubectlApply: deployment() }, { ours: SHORT }, { ours: {} }, { undo: 1 }],
    expected: {
      action: 'Blocked',
      conflicts: ['HookTooShort', 'GraceStated'],
      says: 'kubectl rollout undo, edit or patch (kubectl): it lasts 2 s',
    },
  },
  {
    sentence: 'undone from our hook and back to it: the whole contract is back, and is held beside whoever put it back',
    steps: [{ kubectlApply: DRAINED }, { ours: {} }, { undo: 1 }, { undo: 1 }],
    expected: { action: 'Apply', notes: ['ReadinessAsStated'], fields: BOTH, changesTemplate: false },
  },
  {
    sentence: 'undone from our hook and back to it, and held: settled',
    steps: [{ kubectlApply: DRAINED }, { ours: {} }, { undo: 1 }, { undo: 1 }, { ours: {} }],
    expected: { action: 'None', notes: ['ReadinessAsStated'], fields: BOTH, changesTemplate: false },
  },
  {
    sentence:
      'undone from our sleep and back to it: the whole contract is back, and is held beside whoever put it back',
    steps: [{ kubectlApply: deployment() }, { ours: {} }, { undo: 1 }, { undo: 1 }],
    request: { ours: [{ drainDelaySeconds: 5, gracePeriodSeconds: 41 }] },
    expected: { action: 'Apply', fields: BOTH, changesTemplate: false },
  },
  {
    sentence: 'undone from our sleep and back to it, which nobody knows: it stays as stated',
    steps: [{ kubectlApply: deployment() }, { ours: {} }, { undo: 1 }, { undo: 1 }, { ours: {} }],
    expected: { action: 'None', notes: ['GraceKept', 'PreStopAsStated'], fields: [], changesTemplate: false },
  },
  {
    sentence: 'kubectl edit writes the very form of our hook: whoever writes it by hand means it',
    steps: [{ kubectlApply: DRAINED }, { ours: {} }, handWritten('/admin/drain?delaySeconds=2&graceSeconds=41')],
    expected: { action: 'Blocked', conflicts: ['HookTooShort'] },
  },
  {
    sentence: 'Helm states the very form of our hook: its own since it created it',
    steps: [{ create: withDrainHook('/admin/drain?delaySeconds=2&graceSeconds=41'), manager: 'helm' }],
    expected: { action: 'Blocked', conflicts: ['HookTooShort'] },
  },
  {
    sentence: 'undone after a release: the whole contract is back, and is taken over as it is needed',
    steps: [{ kubectlApply: DRAINED }, { ours: SHORT }, { release: true }, { undo: 1 }],
    expected: { ...AGAIN, notes: ['ReadinessAsStated', 'TakenAgain', 'TakenAgain'], fields: BOTH },
  },
]

function handWritten(path: string): Step {
  const containers = [{ name: 'app', lifecycle: { preStop: { httpGet: { path } } } }]
  return { strategicPatch: podSpec({ containers }), manager: 'kubectl-edit' }
}

function withDrainHook(path: string): object {
  return deployment({ containers: [{ ...DRAIN_APP, lifecycle: { preStop: { httpGet: { path, port: 'drain' } } } }] })
}
