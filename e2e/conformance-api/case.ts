import type { Scene } from './scene.ts'
import type { Ground } from './target.ts'

/** What the cases ask about; one golden file each. */
export const areas = {
  protocol: 'paths, methods, content types, discovery, Tables',
  objects: 'creating, reading, updating and deleting objects',
  validation: 'defaults and what is refused',
  watch: 'watches',
  apply: 'server-side apply and field ownership',
  patch: 'JSON, merge and strategic merge patches',
  'custom-resources': 'custom resources, and our own',
  controllers: 'Deployments, ReplicaSets, EndpointSlices, budgets, garbage',
  termination: 'how containers and pods end',
  kubectl: 'kubectl, as a person uses it',
} as const
export type AreaName = keyof typeof areas

/** One question to a cluster. Everything that the scene records must come out the same on both. */
export interface Case {
  readonly area: AreaName
  readonly name: string
  readonly ground: Ground
  /** Id of a limit in src/cluster/limits.ts: the embedded cluster is known to answer otherwise. */
  readonly limit?: string
  /** Runs when no other case does, since it disturbs them. @default false */
  readonly alone?: boolean
  /** Cases that wait for containers get more time. @default 60 */
  readonly timeoutSeconds?: number
  readonly run: (scene: Scene) => Promise<void>
}

export type CaseOptions = Omit<Partial<Case>, 'area' | 'name' | 'run'>

/** Collects the cases of an area; names are unique within it. */
export class Area {
  readonly cases: Case[] = []
  readonly #name: AreaName
  readonly #ground: Ground

  constructor(name: AreaName, ground: Ground) {
    this.#name = name
    this.#ground = ground
  }

  case(name: string, run: Case['run'], options: CaseOptions = {}): void {
    if (this.cases.some((known) => known.name === name)) throw new Error(`two cases are called ${name}`)
    this.cases.push({ area: this.#name, ground: this.#ground, name, run, ...options })
  }
}
