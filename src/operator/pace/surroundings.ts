import type { Logger } from 'pino'
import type { KubeApi, KubeObject } from '../../kube/index.ts'
import type { Verdict } from '../../pacing/index.ts'
import { leastDisruptionsAllowed } from './disruption-budgets.ts'
import { listRevisions, presentRevision } from './revisions.ts'
import type { SightTarget } from './sight.ts'

const timeoutMs = 5000

/** What is asked of the API server, as no watch tells it. A question that fails leaves what was known. */
export class Surroundings {
  readonly #api: Pick<KubeApi, 'list'>
  readonly #log: Pick<Logger, 'warn'>
  /** What has failed since it succeeded last: told once. */
  readonly #failing = new Set<string>()
  #hash: string | undefined
  #disruptionsAllowed: number | undefined

  constructor(api: Pick<KubeApi, 'list'>, log: Pick<Logger, 'warn'>) {
    this.#api = api
    this.#log = log
  }

  /** Of the pods of the present template. */
  get hash(): string | undefined {
    return this.#hash
  }

  get disruptionsAllowed(): number | undefined {
    return this.#disruptionsAllowed
  }

  /** The verdict with what it is founded on without: a step whose pods are not known is never ready. */
  tell(verdict: Verdict): Verdict {
    if (this.#failing.size === 0) return verdict
    const what = [...this.#failing].join(' and ')
    const because = `${verdict.because}; ${what} cannot be read: does the operator have the rights of config/rbac.yaml?`
    return { ...verdict, because }
  }

  forgetHash(): void {
    this.#hash = undefined
  }

  /** Asks for ReplicaSets, until the one of the present template is there. */
  async findHash(target: SightTarget, abort: AbortSignal): Promise<void> {
    if (this.#hash !== undefined) return
    const { namespace, deploymentUid: uid, selector, revisionId } = target
    await this.#ask('ReplicaSets', target, abort, async (api) => {
      const revisions = await listRevisions(api, { view: { namespace, uid }, selector })
      return () => (this.#hash = presentRevision(revisions, revisionId)?.hash)
    })
  }

  async countDisruptions(target: SightTarget, abort: AbortSignal): Promise<void> {
    await this.#ask('PodDisruptionBudgets', target, abort, async (api) => {
      const allowed = await leastDisruptionsAllowed(api, target.namespace, target.podLabels)
      return () => (this.#disruptionsAllowed = allowed)
    })
  }

  /** What is found is kept only where the question still stands. */
  async #ask(
    what: string,
    { namespace, deployment }: SightTarget,
    abort: AbortSignal,
    question: (api: Pick<KubeApi, 'list'>) => Promise<() => void>,
  ): Promise<void> {
    const list: KubeApi['list'] = <T extends KubeObject>(...[resource, options]: Parameters<KubeApi['list']>) =>
      this.#api.list<T>(resource, { ...options, signal: abort, timeoutMs })
    try {
      const keep = await question({ list })
      if (abort.aborted) return
      keep()
      this.#failing.delete(what)
    } catch (error) {
      if (abort.aborted || this.#failing.has(what)) return
      this.#failing.add(what)
      this.#log.warn({ namespace, deployment, err: error }, `${what} cannot be read: going by what was known of them`)
    }
  }
}
