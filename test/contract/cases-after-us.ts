import { type Case, APP, BOTH, GRACE, deployment, withHook } from './case.ts'

/** What becomes of our own fields when figures change and others write after us. */
export const AFTER_US: readonly Case[] = [
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
]
