import type { Clock, KubeApi } from '../../../src/kube/index.ts'
import type { Epoch, PaceVerdict, Verdict } from '../../../src/pacing/index.ts'
import { listRevisions, presentRevision } from '../../../src/operator/pace/revisions.ts'
import type { CreateSights, Sight, SightKey, Sights, SightTarget } from '../../../src/operator/pace/sight.ts'

/** What the new version does: found healthy or bad so long after its step was ready, or never. */
export interface Script {
  outcome: 'Healthy' | 'Breached' | 'Inconclusive'
  blame?: PaceVerdict['blame']
  /** @default 5000 */
  afterMs?: number
}

/**
 * Watches that conclude what a test says, some time after a step is ready: real epochs and real ReplicaSets, without
 * requests.
 */
export class ScriptedSights implements Sights {
  script: Script = { outcome: 'Healthy' }
  readonly followed = new Map<string, { target: SightTarget; epoch: Epoch | undefined }>()
  readonly #sights = new Map<string, Sight & { revisionId: string }>()
  readonly #clock: Clock
  readonly #api: KubeApi
  readonly #changed: (deploymentUid: string) => void

  constructor(clock: Clock, api: KubeApi, changed: (deploymentUid: string) => void) {
    this.#clock = clock
    this.#api = api
    this.#changed = changed
  }

  static create(clock: Clock, made: (sights: ScriptedSights) => void): CreateSights {
    return ({ api, changed }) => {
      const uids = new Map<string, string>()
      const sights = new ScriptedSights(clock, api, (deploymentUid) => {
        changed({ deploymentUid, policyUid: uids.get(deploymentUid) ?? '' })
      })
      const follow = sights.follow.bind(sights)
      sights.follow = (target, epoch) => {
        uids.set(target.deploymentUid, target.policyUid)
        follow(target, epoch)
      }
      made(sights)
      return sights
    }
  }

  look({ deploymentUid }: SightKey, revisionId: string): Sight | undefined {
    const known = this.#sights.get(deploymentUid)
    if (known === undefined || known.revisionId === revisionId) return known
    const { podTemplateHash: _, ...rest } = known
    return rest
  }

  follow(target: SightTarget, epoch: Epoch | undefined): void {
    const before = this.followed.get(target.deploymentUid)
    this.followed.set(target.deploymentUid, { target, epoch })
    const known = this.#sights.get(target.deploymentUid)
    if (known?.revisionId !== target.revisionId) void this.#find(target)
    if (epoch === undefined) return
    const same = before?.epoch?.blameFromMs === epoch.blameFromMs && before.epoch.settledMs === epoch.settledMs
    if (same) return
    const breachOnly = epoch.settledMs === undefined && this.script.outcome !== 'Breached'
    if (breachOnly) return this.#conclude(target, { outcome: 'Inconclusive', sinceMs: epoch.blameFromMs })
    const sinceMs = this.script.outcome === 'Breached' ? epoch.blameFromMs : (epoch.settledMs ?? epoch.blameFromMs)
    this.#clock.setTimeout(() => {
      const now = this.followed.get(target.deploymentUid)?.epoch
      if (now?.blameFromMs !== epoch.blameFromMs || now.settledMs !== epoch.settledMs) return
      const { outcome, blame = 'newVersion' } = this.script
      this.#conclude(target, { outcome, sinceMs, ...(outcome === 'Breached' ? { blame } : {}) })
    }, this.script.afterMs ?? 5000)
  }

  #conclude(target: SightTarget, pace: PaceVerdict): void {
    const known = this.#sights.get(target.deploymentUid)
    const counts = { requests: 1000, errors: pace.outcome === 'Breached' ? 50 : 0 }
    const verdict = { kind: pace.outcome, counts, because: `${counts.errors} of ${counts.requests} failed` }
    this.#sights.set(target.deploymentUid, {
      revisionId: target.revisionId,
      ...known,
      pace,
      verdict: verdict as unknown as Verdict,
    })
    this.#changed(target.deploymentUid)
  }

  async #find(target: SightTarget): Promise<void> {
    const { namespace, deploymentUid: uid, selector, revisionId } = target
    const found = presentRevision(await listRevisions(this.#api, { view: { namespace, uid }, selector }), revisionId)
    if (found === undefined) {
      this.#clock.setTimeout(() => void this.#find(target), 2000)
      return
    }
    const known = this.#sights.get(uid)
    const pace = known?.pace ?? ({ outcome: 'Inconclusive', sinceMs: 0 } as const)
    this.#sights.set(uid, { ...known, pace, revisionId, podTemplateHash: found.hash })
    this.#changed(uid)
  }

  ended(): void {}

  stop({ deploymentUid }: { deploymentUid: string }): void {
    this.followed.delete(deploymentUid)
    this.#sights.delete(deploymentUid)
  }

  close(): void {
    this.followed.clear()
    this.#sights.clear()
  }
}
