import {
  type PaceClaims,
  type PacedDeployment,
  paceDefaults,
  type PaceField,
  type PaceFields,
  resolveBounds,
} from '../../src/pacing/index.ts'

interface Pod {
  template: string
  createdMs: number
  readyMs?: number
}

/**
 * A model of the Deployment controller, one sync a second: scale up within maxSurge, scale down what is unavailable
 * first, then by what is available; paused stops all of it. Fields are what users state, else what we claim.
 */
export class ModelDeployment {
  nowMs = 1_000_000_000_000
  template = 't0'
  desired: number
  startSeconds = 3
  drainSeconds = 2
  observed = true
  /** maxUnavailable of a PodDisruptionBudget for its pods. */
  budget: number | undefined
  stated: { -readonly [Field in PaceField]?: PaceFields[Field] } = {}
  claims: PaceClaims = {}
  pods: Pod[] = []
  endingMs: number[] = []
  /** How many pods of the present template were made at once, since it is the template. */
  batches: number[] = []

  constructor(desired: number, stated: Partial<PaceFields> = {}) {
    this.desired = desired
    this.stated = { ...stated }
    for (let i = 0; i < desired; i++) {
      this.pods.push({ template: 't0', createdMs: this.nowMs - 3_600_000, readyMs: this.nowMs - 3_590_000 })
    }
  }

  get live(): PaceFields {
    return { ...paceDefaults, ...this.claims, ...this.stated }
  }

  get facts(): PacedDeployment {
    const updated = this.pods.filter(({ template }) => template === this.template)
    return {
      templateId: this.template,
      revisionId: this.template,
      observed: this.observed,
      desired: this.desired,
      total: this.pods.length,
      updated: updated.length,
      terminating: this.endingMs.length,
      readySinceMs: updated.flatMap(({ readyMs }) => readyMs ?? []),
      deadlineExceeded: false,
      ...(this.budget === undefined ? {} : { disruptionsAllowed: this.#disruptionsAllowed(this.budget) }),
      live: this.live,
      ours: (Object.keys(this.claims) as PaceField[]).filter((field) => this.stated[field] === undefined),
      taken: Object.keys(this.stated) as PaceField[],
    }
  }

  /** As a PodDisruptionBudget counts: of every template, whether they count as available or not. */
  get healthy(): number {
    return this.pods.filter(({ readyMs }) => readyMs !== undefined).length
  }

  #disruptionsAllowed(maxUnavailable: number): number {
    return Math.max(0, this.healthy - (this.desired - maxUnavailable))
  }

  get over(): boolean {
    return this.pods.length === this.desired && this.pods.every(({ template }) => template === this.template)
  }

  /** A user's write: it takes the field from whoever had it. */
  state<Field extends PaceField>(field: Field, value: PaceFields[Field] | undefined): void {
    const { [field]: _, ...claims } = this.claims
    this.claims = claims
    if (value === undefined) delete this.stated[field]
    else this.stated[field] = value
  }

  change(template: string): void {
    this.template = template
    this.observed = false
    this.batches = []
  }

  /** One second, and one sync of the controller. */
  tick(): void {
    this.nowMs += 1000
    this.endingMs = this.endingMs.filter((endMs) => endMs > this.nowMs)
    for (const pod of this.pods) {
      const readyMs = pod.createdMs + this.startSeconds * 1000
      if (pod.readyMs === undefined && readyMs <= this.nowMs) pod.readyMs = readyMs
    }
    this.observed = true
    if (!this.live.paused) this.#roll()
  }

  #roll(): void {
    const bounds = resolveBounds(this.live, this.desired)
    const isNew = ({ template }: Pod): boolean => template === this.template
    const isAvailable = ({ readyMs }: Pod): boolean =>
      readyMs !== undefined && this.nowMs - readyMs >= this.live.minReadySeconds * 1000
    const updated = this.pods.filter(isNew)
    const room = Math.min(this.desired + bounds.surge - this.pods.length, this.desired - updated.length)
    if (room > 0) this.batches.push(room)
    for (let i = 0; i < room; i++) this.pods.push({ template: this.template, createdMs: this.nowMs })
    while (this.pods.filter(isNew).length > this.desired) this.#end(this.pods.findLastIndex(isNew))
    const unavailableNew = this.pods.filter((pod) => isNew(pod) && !isAvailable(pod)).length
    const least = this.desired - bounds.unavailable
    let most = this.pods.length - least - unavailableNew
    for (; most > 0; most--) {
      const index = this.pods.findIndex((pod) => !isNew(pod) && !isAvailable(pod))
      if (index < 0) break
      this.#end(index)
    }
    for (let excess = this.pods.filter(isAvailable).length - least; excess > 0; excess--) {
      const index = this.pods.findIndex((pod) => !isNew(pod))
      if (index < 0) break
      this.#end(index)
    }
  }

  #end(index: number): void {
    this.pods.splice(index, 1)
    this.endingMs.push(this.nowMs + this.drainSeconds * 1000)
  }
}
