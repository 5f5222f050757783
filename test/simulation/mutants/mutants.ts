/** One text of one source file is another. */
export interface Change {
  /** Below src/. */
  file: string
  find: string
  replace: string
}

/** A deliberately broken operator. */
export interface Mutant extends Change {
  name: string
  /** What is wrong with it, for people. */
  breaks: string
  /** Where it takes two changes to be wrong. */
  and?: Change
  /** Caught by the crash matrix, which disturbs every write; too rarely by seeds. */
  byMatrix?: boolean
  /** Only histories that pace rollouts can show it. */
  paced?: boolean
}

export const mutants: readonly Mutant[] = [
  {
    name: 'writes-without-the-lease',
    breaks: 'the gate for writes is open, whoever leads',
    file: 'kube/write-gate.ts',
    find: 'if (leadership.isValid()) return',
    replace: 'if (Math.min(0, 1) === 0) return',
  },
  {
    name: 'works-on-after-the-lease-is-lost',
    breaks: 'a lost lease stops nothing: neither the gate nor the work',
    file: 'kube/lease-elector.ts',
    find: "      ended.abort(new KubeError('Aborted', 'leadership was lost'))\n      return 'Lost'",
    replace: "      await leading\n      return 'Lost'",
  },
  {
    name: 'trusts-its-timers',
    breaks: 'that the lease has run out is only heard of by a timer, which a frozen process has not',
    file: 'kube/lease-elector.ts',
    find: 'isValid: () => !ended.signal.aborted && clock.monotonicMs() < deadlineMs(),',
    replace: 'isValid: () => !ended.signal.aborted,',
  },
  {
    name: 'forgets-the-uid-of-a-policy',
    breaks: 'statuses are applied by name, to whoever has it by now',
    file: 'operator/reconciler.ts',
    find: 'const body = { apiVersion, kind, metadata: { namespace, name, uid }, status }\n    const options = { fieldManager, force: true, uid,',
    replace:
      'const body = { apiVersion, kind, metadata: { namespace, name }, status }\n    void uid\n    const options = { fieldManager, force: true,',
  },
  {
    name: 'overrules-a-stated-grace',
    breaks: 'a grace period that somebody stated is taken for a default',
    file: 'contract/checks.ts',
    find: "const stated = graceSource.kind === 'Stated' && gracePeriodSeconds < neededGraceSeconds",
    replace: "const stated = graceSource.kind === 'Stated' && gracePeriodSeconds < neededGraceSeconds - 1e9",
  },
  {
    name: 'takes-what-is-stated',
    breaks: 'a grace period that somebody stated is replaced, by force',
    file: 'contract/draft.ts',
    find: "const stated = today.graceSource.kind === 'Stated'",
    replace: 'const stated = needed < 0',
    and: {
      file: 'operator/releaser.ts',
      find: '{ fieldManager, force, uid })',
      replace: '{ fieldManager, force: force || true, uid })',
    },
  },
  {
    name: 'acts-on-half-a-cache',
    breaks: 'a new leader does not wait for the policies to be listed',
    file: 'operator/operator.ts',
    find: 'await Promise.all([this.#serverVersion(), policies.synced])',
    replace: 'await Promise.all([this.#serverVersion()])',
  },
  {
    name: 'gives-back-at-once',
    breaks: 'a Deployment that nobody has for a moment is released without waiting',
    file: 'operator/orphans.ts',
    find: 'export const releaseDelayMs = 30_000',
    replace: 'export const releaseDelayMs = 0',
  },
  {
    name: 'no-dead-band',
    breaks: 'every change of the measurement lowers the contract at once: noise makes rollouts',
    file: 'operator/decide-target.ts',
    find: "const deferred = carried !== undefined && budget.change === 'lower' && !isChangeFree(facts, context)",
    replace: "const deferred = carried !== undefined && budget.change === 'lower' && Math.min(0, 1) > 0",
  },
  {
    name: 'status-at-every-reconcile',
    breaks: 'a status that is the same is written all the same',
    file: 'operator/reconciler.ts',
    find: 'if (isDeepStrictEqual(normalised(status), normalised(policy.status))) return',
    replace: 'if (isDeepStrictEqual(normalised(status), {})) return',
  },
  {
    name: 'never-content',
    breaks: 'every condition changed just now, always: each status makes another',
    file: 'operator/decide.ts',
    find: 'lastTransitionTime: known?.status === status ? known.lastTransitionTime : now,',
    replace: "lastTransitionTime: known?.status === 'Never' ? known.lastTransitionTime : now,",
  },
  {
    name: 'leaves-a-promise-alone',
    breaks: 'a reflector that is stopped before it is synced rejects, and nobody hears it',
    file: 'kube/reflector.ts',
    find: '    this.synced.catch(() => {})\n',
    replace: '',
  },
  {
    name: 'trips-over-an-absent-field',
    breaks: 'a policy that names no services is a TypeError',
    file: 'operator/gather.ts',
    find: 'const unmatched = (named ?? []).filter(',
    replace: 'const unmatched = (named as readonly string[]).filter(',
  },
  {
    name: 'never-releases',
    breaks: 'what a deleted policy left in its Deployment stays',
    file: 'operator/triggers.ts',
    find: 'if (orphaned) this.#queue.addAfter(releaseKey(deployment.view), releaseDelayMs)',
    replace: 'if (orphaned) void releaseKey(deployment.view)',
  },
  {
    name: 'counts-drains-twice',
    breaks: 'a drain is remembered twice',
    file: 'operator/measurement.ts',
    find: 'if (waiting === undefined) this.#pending.set(key, [drain])',
    replace: 'if (waiting === undefined) this.#pending.set(key, [drain, drain])',
  },
  {
    name: 'forgets-what-was-measured',
    breaks: 'status is not read after a start: what was measured is gone',
    file: 'operator/measurement.ts',
    find: 'this.#known.get(key) ?? measurementOf(status),',
    replace: 'this.#known.get(key) ?? measurementOf(undefined),',
  },
  {
    name: 'forgets-its-own-writes',
    breaks: 'a reconcile right after a write decides on what was there before',
    file: 'operator/own-writes.ts',
    find: 'if (cached !== undefined && written !== undefined &&',
    replace: 'if (cached !== undefined && written !== undefined && Math.min(0, 1) > 0 &&',
  },
  {
    name: 'tells-an-event-at-every-report',
    breaks: 'an event for every status, not for every transition',
    file: 'operator/announcer.ts',
    find: 'const changed = known?.status !== condition.status || known.reason !== condition.reason',
    replace: 'const changed = known?.type !== `${condition.status} ${condition.reason}`',
  },
  {
    name: 'gives-up-after-a-failure',
    breaks: 'what failed is not tried again',
    byMatrix: true,
    file: 'kube/work-queue.ts',
    find: '      this.addRateLimited(key)\n      onError?.(key, error)',
    replace: '      onError?.(key, error)',
  },
  {
    name: 'resumes-where-it-should-list',
    breaks: 'after 410 a watch is tried again from the same version, for ever',
    file: 'kube/reflector.ts',
    find: 'if (forgotten) this.#resumeVersion = undefined',
    replace: 'if (forgotten) this.#pageSize = 0',
  },
  {
    name: 'keeps-what-a-list-lacks',
    breaks: 'what was deleted while nobody watched stays in the cache',
    file: 'kube/reflector.ts',
    find: 'this.cache.deleteAllBut(listed, arrival)',
    replace: 'void listed.size',
  },
  {
    name: 'pauses-what-it-writes',
    breaks: "the apply states spec.paused, which is nobody's business",
    file: 'operator/releaser.ts',
    find: 'const written = await api.apply(deployments, { namespace, name }, body,',
    replace:
      'const written = await api.apply(deployments, { namespace, name }, { ...body, spec: { ...body.spec, paused: true } },',
  },
  {
    name: 'ignores-a-new-spec',
    breaks: 'status says the old generation was observed',
    file: 'operator/decide.ts',
    find: '      observedGeneration: policy.generation,\n      summary:',
    replace: '      observedGeneration: policy.status.observedGeneration ?? policy.generation,\n      summary:',
  },
  {
    name: 'promises-less-than-the-formula',
    breaks: 'the safety margin is left out of the grace period',
    file: 'budget/budget.ts',
    find: 'const sumMs = propagationMs + delay * 1000 + requestMs + marginMs',
    replace: 'const sumMs = propagationMs + delay * 1000 + requestMs',
  },
  {
    name: 'both-policies-write',
    breaks: 'a policy writes to a Deployment that another one has',
    file: 'operator/obstacles.ts',
    find: 'rival === undefined\n      ? undefined',
    replace: 'rival === undefined || rival.length > 0\n      ? undefined',
  },
  {
    name: 'paces-before-it-records',
    breaks: 'the pace is applied before status has what it is founded on',
    paced: true,
    file: 'operator/reconciler.ts',
    find: 'if (await this.#report(facts.policy, decision.status, log)) await this.#pace(facts.policy, decision)',
    replace: 'await this.#pace(facts.policy, decision)\n      await this.#report(facts.policy, decision.status, log)',
  },
  {
    name: 'keeps-the-pace-of-no-policy',
    breaks: 'a policy that goes, or stops to pace, leaves its fields in the Deployment',
    paced: true,
    file: 'operator/triggers.ts',
    find: 'if (isPaceOrphaned(this.#world, deployment)) this.#queue.add(releaseKey(deployment.view))',
    replace: 'void isPaceOrphaned',
  },
  {
    name: 'never-ends-a-pause',
    breaks: 'what was paused stays so, though the objective holds again',
    paced: true,
    file: 'pacing/gate-pause.ts',
    find: 'if (nowMs - healthySinceMs >= neededMs) return',
    replace: 'if (nowMs - healthySinceMs >= neededMs + 1e9) return',
  },
  {
    name: 'takes-what-is-stated-of-the-pace',
    breaks: 'what somebody states of the pace is claimed like a default',
    paced: true,
    file: 'operator/pace/paced-deployment.ts',
    find: '    taken,\n',
    replace: '    taken: taken.slice(taken.length),\n',
  },
  {
    name: 'steps-beyond-the-strategy',
    breaks: "the surge of a step is not bounded by the owner's",
    paced: true,
    file: 'pacing/step.ts',
    find: 'const surge = fixed.surge ? bounds.surge : Math.min(bounds.surge, step)',
    replace: 'const surge = fixed.surge ? bounds.surge : bounds.surge + step',
  },
]

/** Every change of a mutant. */
export function changesOf(mutant: Mutant): Change[] {
  return mutant.and === undefined ? [mutant] : [mutant, mutant.and]
}

/** A source with a change made. @throws Error when its text is not there exactly once. */
export function mutate(source: string, { file, find, replace }: Change): string {
  const parts = source.split(find)
  if (parts.length !== 2) throw new Error(`the text of a mutant is ${parts.length - 1} times in src/${file}: ${find}`)
  return parts.join(replace)
}
