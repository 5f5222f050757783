import type { PaceStatus } from '../../src/api/index.ts'
import { condition, type Watched } from '../../src/lab/stage/index.ts'

/** A Deployment and what its policy says of it, at one moment. */
export interface Moment {
  readonly atMs: number
  readonly generation: number
  readonly revision: number
  readonly desired: number
  readonly total: number
  readonly updated: number
  readonly available: number
  readonly observed: boolean
  readonly paused: boolean
  readonly minReadySeconds: number
  readonly pace: PaceStatus | undefined
  /** RolloutHealthy of the policy. */
  readonly healthy: { readonly status: string; readonly reason: string; readonly message: string } | undefined
  /** Of the Deployment: Progressing is False for its deadline. */
  readonly deadlineExceeded: boolean
  /** Who states fields of its specification. */
  readonly managers: readonly string[]
}

interface RawDeployment {
  metadata: { managedFields?: { manager?: string; subresource?: string }[] }
  spec: { paused?: boolean; minReadySeconds?: number }
  status?: { conditions?: { type: string; status: string; reason?: string }[] }
}

/** Everything that was seen of one rollout, by watches. */
export class Timeline {
  readonly moments: Moment[] = []
  readonly #watched: Watched
  readonly #name: string

  constructor(watched: Watched, name: string) {
    this.#watched = watched
    this.#name = name
    const look = (): void => this.#look()
    watched.deployments.onEvent(look)
    watched.policies?.onEvent(look)
  }

  get last(): Moment | undefined {
    return this.moments.at(-1)
  }

  since(ms: number): Moment[] {
    return this.moments.filter(({ atMs }) => atMs >= ms)
  }

  #look(): void {
    const deployment = this.#watched.deployment(this.#name)
    if (deployment === undefined) return
    const { metadata, spec, status = {} } = deployment.raw as unknown as RawDeployment
    const policy = this.#watched.policy(this.#name)?.status
    const target = policy?.targets?.[0] as { pace?: PaceStatus } | undefined
    const healthy = condition(policy, 'RolloutHealthy')
    const moment: Omit<Moment, 'atMs'> = {
      generation: deployment.generation,
      revision: deployment.revision,
      desired: deployment.replicas,
      total: deployment.total,
      updated: deployment.updated,
      available: deployment.available,
      observed: deployment.observed,
      paused: spec.paused === true,
      minReadySeconds: spec.minReadySeconds ?? 0,
      pace: target?.pace,
      healthy:
        healthy === undefined
          ? undefined
          : { status: healthy.status, reason: healthy.reason, message: healthy.message },
      deadlineExceeded:
        status.conditions?.some((one) => one.type === 'Progressing' && one.reason === 'ProgressDeadlineExceeded') ===
        true,
      managers: (metadata.managedFields ?? []).flatMap(({ manager = '', subresource }) =>
        subresource === undefined ? [manager] : [],
      ),
    }
    const { atMs: _, ...before } = this.last ?? { atMs: 0 }
    if (JSON.stringify(before) !== JSON.stringify(moment)) this.moments.push({ atMs: Date.now(), ...moment })
  }
}
