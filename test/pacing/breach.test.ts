import { expect, test } from 'vitest'
import { answerBreach, type Breach } from '../../src/pacing/index.ts'

const rules = { onBreach: 'Rollback', rollbackOverGitOps: false, drainRaiseMaxSeconds: 30 } as const
const facts = { templateId: 'new' }
const breach: Breach = {
  verdict: { blame: 'newVersion' },
  rules,
  facts,
  healthyTemplateId: 'old',
  drainRaiseSeconds: 0,
  drainRaiseInForce: 0,
}
const owned = { ...facts, gitOpsManager: 'argocd-controller' }

test.each([
  ['goes back to the last healthy template', {}, 'Rollback'],
  ['not where it is the one that fails', { healthyTemplateId: 'new' }, 'Pause'],
  ['not where none is known', { healthyTemplateId: undefined }, 'Pause'],
  ['not over a GitOps tool', { facts: owned }, 'Pause'],
  ['unless told to', { facts: owned, rules: { ...rules, rollbackOverGitOps: true } }, 'Rollback'],
  ['not for drains that are as long as may be', { verdict: { blame: 'draining' }, drainRaiseInForce: 30 }, 'Pause'],
  ['drains longer first', { verdict: { blame: 'draining' } }, 'LongerDrain'],
  ['holds for the background', { verdict: { blame: 'background' } }, 'Hold'],
  ['takes what cannot be told for the version', { verdict: {} }, 'Rollback'],
] satisfies [string, Partial<Breach>, string][])('%s', (_, change, kind) => {
  expect(answerBreach({ ...breach, ...change }).kind).toBe(kind)
})

test.each([
  ['2 s where none is in force', 0, 0, 2],
  ['twice what is', 0, 8, 16],
  ['up to the limit', 0, 20, 30],
  ['once for each rollout', 16, 8, 16],
  ['also where that was up to the limit', 30, 20, 30],
])('drains are raised %s', (_, drainRaiseSeconds, drainRaiseInForce, expected) => {
  const answer = answerBreach({ ...breach, verdict: { blame: 'draining' }, drainRaiseSeconds, drainRaiseInForce })
  expect(answer).toEqual({ kind: 'LongerDrain', drainRaiseSeconds: expected })
})
