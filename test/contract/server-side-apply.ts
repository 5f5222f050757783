import type { ApplyConfiguration } from '../../src/contract/index.ts'

/** `grace`, `app/item`, `app/preStop/sleep.seconds`, `app/readiness/periodSeconds`: one leaf of a pod template. */
export type Path = string
export type Leaf = string | number

export interface Writer {
  manager: string
  operation: 'Apply' | 'Update'
}

const OURS: Writer = { manager: 'drainkeeper', operation: 'Apply' }
const DEFAULT_GRACE = 30

/**
 * A model of the API server's field management in as many words as it needs: leaves with values, and for each writer
 * the set of leaves it owns. It refuses what the API server refuses.
 */
export class ServerSideApply {
  readonly values = new Map<Path, Leaf>()
  readonly #owned = new Map<string, { writer: Writer; paths: Set<Path> }>()
  readonly #lastApplied: Record<string, unknown> | undefined
  readonly #creator: Writer
  version = 1

  /** The creator owns what it writes; by Update it owns the defaults too. */
  constructor(creator: Writer, leaves: ReadonlyMap<Path, Leaf>, options: { lastApplied: boolean }) {
    this.#creator = creator
    for (const [path, value] of leaves) this.values.set(path, value)
    this.#lastApplied = options.lastApplied ? { spec: this.#spec() } : undefined
    if (!this.values.has('grace')) this.values.set('grace', DEFAULT_GRACE)
    this.#pathsOf(creator).clear()
    for (const path of creator.operation === 'Update' ? this.values.keys() : leaves.keys())
      this.#pathsOf(creator).add(path)
    this.#validate()
  }

  ownedBy(writer: Writer): ReadonlySet<Path> {
    return this.#pathsOf(writer)
  }

  /** An Update takes the leaf if it changes it. A person's change that is invalid is refused and leaves no trace. */
  update(writer: Writer, path: Path, value: Leaf): void {
    const before = this.values.get(path)
    if (before === value) return
    this.values.set(path, value)
    try {
      this.#validate()
    } catch {
      if (before === undefined) this.values.delete(path)
      else this.values.set(path, before)
      return
    }
    for (const { paths } of this.#owned.values()) paths.delete(path)
    this.#pathsOf(writer).add(path)
    this.version++
  }

  /** Our apply. @returns the paths on which there was a conflict, overcome only by force */
  apply(body: ApplyConfiguration, force: boolean): Path[] {
    if (body.metadata.resourceVersion !== String(this.version)) throw new Error('409 the object has been modified')
    const wanted = leavesOf(body)
    const others = [...this.#owned.values()].filter(({ writer }) => keyOf(writer) !== keyOf(OURS))
    const conflicts = [...wanted]
      .filter(([path, value]) => this.values.get(path) !== value && others.some(({ paths }) => paths.has(path)))
      .map(([path]) => path)
    if (conflicts.length > 0 && !force) return conflicts
    const before = this.#pathsOf(OURS)
    for (const path of conflicts) for (const { paths } of others) paths.delete(path)
    for (const path of before) {
      if (!wanted.has(path) && !others.some(({ paths }) => paths.has(path))) this.values.delete(path)
    }
    for (const [path, value] of wanted) this.values.set(path, value)
    if (!this.values.has('grace')) this.values.set('grace', DEFAULT_GRACE)
    this.#owned.set(keyOf(OURS), { writer: OURS, paths: new Set(wanted.keys()) })
    this.version++
    this.#validate()
    return conflicts
  }

  /** As the API would give it out. */
  raw(): object {
    const annotations = this.#lastApplied && {
      'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(this.#lastApplied),
    }
    const managedFields = [...this.#owned.values()]
      .filter(({ paths }) => paths.size > 0)
      .map(({ writer, paths }) => ({ ...writer, fieldsV1: this.#fieldsOf(writer, paths) }))
    const metadata = {
      uid: 'u',
      name: 'n',
      namespace: 's',
      resourceVersion: String(this.version),
      annotations,
      managedFields,
    }
    return { metadata, spec: this.#spec() }
  }

  #pathsOf(writer: Writer): Set<Path> {
    const entry = this.#owned.get(keyOf(writer)) ?? { writer, paths: new Set() }
    this.#owned.set(keyOf(writer), entry)
    return entry.paths
  }

  #spec(): object {
    const names = [...this.values.keys()]
      .filter((path) => path.endsWith('/item'))
      .map((path) => path.split('/')[0] ?? '')
    const containers = names.map((name) => {
      const preStop = this.#below(`${name}/preStop/`)
      const readinessProbe = this.#below(`${name}/readiness/`)
      const port = this.values.get(`${name}/port`)
      return {
        name,
        ...(preStop && { lifecycle: { preStop } }),
        ...(readinessProbe && { readinessProbe }),
        ...(port !== undefined && { ports: [{ name: port, containerPort: 9909 }] }),
      }
    })
    const grace = this.values.get('grace')
    return { template: { spec: { containers, ...(grace !== undefined && { terminationGracePeriodSeconds: grace }) } } }
  }

  #below(prefix: string): Record<string, unknown> | undefined {
    const found = [...this.values].filter(([path]) => path.startsWith(prefix))
    if (found.length === 0) return undefined
    const result: Record<string, unknown> = {}
    for (const [path, value] of found) {
      const [head = '', tail] = path.slice(prefix.length).split('.')
      const leaf = tail === 'command' ? [value] : value
      result[head] = tail === undefined ? leaf : { ...(result[head] as object | undefined), [tail]: leaf }
    }
    return result
  }

  #fieldsOf(writer: Writer, paths: ReadonlySet<Path>): object {
    const podSpec: Record<string, unknown> = {}
    const containers: Record<string, Record<string, unknown>> = {}
    for (const path of paths) {
      const [name = '', field, leaf = ''] = path.split('/')
      if (field === undefined) podSpec['f:terminationGracePeriodSeconds'] = {}
      else {
        const item = (containers[`k:{"name":"${name}"}`] ??= {})
        if (field === 'item') Object.assign(item, { '.': {}, 'f:name': {} })
        const steps = { preStop: ['f:lifecycle', 'f:preStop'], readiness: ['f:readinessProbe'] }[field]
        const fields = leaf.split('.').map((part) => `f:${part}`)
        if (steps) nest(item, [...steps, ...fields])
      }
    }
    const created = keyOf(writer) === keyOf(this.#creator)
    const annotation = { 'f:annotations': { 'f:kubectl.kubernetes.io/last-applied-configuration': {} } }
    return {
      ...(created && this.#lastApplied && { 'f:metadata': annotation }),
      'f:spec': {
        ...(created && { 'f:selector': {} }),
        'f:template': { 'f:spec': { ...podSpec, 'f:containers': containers } },
      },
    }
  }

  /** As the API server's validation of a pod template. */
  #validate(): void {
    const grace = Number(this.values.get('grace'))
    for (const path of this.values.keys()) {
      const [name = '', field] = path.split('/')
      if (field === undefined) continue
      if (!this.values.has(`${name}/item`)) throw new Error(`422 ${path} outlives its container`)
      const fields = Object.keys(this.#below(`${name}/${field}/`) ?? {})
      const handlers = fields.filter((key) => ['sleep', 'exec', 'httpGet', 'tcpSocket', 'grpc'].includes(key))
      const isHandled = field === 'preStop' || field === 'readiness'
      if (isHandled && handlers.length !== 1) throw new Error(`422 ${name}/${field} has ${handlers.length} handlers`)
    }
    for (const [path, value] of this.values) {
      if (path.endsWith('preStop/sleep.seconds') && Number(value) > grace) throw new Error(`422 ${path} above grace`)
    }
  }
}

function keyOf({ manager, operation }: Writer): string {
  return `${manager} ${operation}`
}

function nest(into: Record<string, unknown>, steps: readonly string[]): void {
  let inner = into
  for (const step of steps) inner = (inner[step] ??= {}) as Record<string, unknown>
}

/** Every leaf of a body, by its path. */
export function leavesOf(body: ApplyConfiguration): Map<Path, Leaf> {
  const leaves = new Map<Path, Leaf>()
  const { terminationGracePeriodSeconds: grace, containers = [] } = body.spec?.template.spec ?? {}
  if (grace !== undefined) leaves.set('grace', grace)
  for (const { name, lifecycle, readinessProbe } of containers) {
    leaves.set(`${name}/item`, name)
    flatten(`${name}/preStop/`, lifecycle?.preStop ?? {}, leaves)
    flatten(`${name}/readiness/`, readinessProbe ?? {}, leaves)
  }
  return leaves
}

function flatten(prefix: string, object: object, leaves: Map<Path, Leaf>): void {
  for (const [key, value] of Object.entries(object) as [string, Leaf | object][]) {
    if (typeof value === 'object') flatten(`${prefix}${key}.`, value, leaves)
    else leaves.set(`${prefix}${key}`, value)
  }
}
