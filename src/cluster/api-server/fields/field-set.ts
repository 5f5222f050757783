/** One step of a path as `fieldsV1` writes it: `f:spec`, `k:{"name":"app"}`, `v:"x"`, `i:0`. */
export type PathElement = string

/** `fieldsV1`: a tree of steps; `.` marks a step that is itself a member where it also has children. */
export interface FieldsV1 {
  readonly [element: PathElement]: FieldsV1
}

/**
 * An immutable set of field paths. A path may be a member while its parent is not: who owns `spec.replicas` need not
 * own `spec`.
 */
export class FieldSet {
  static readonly empty = new FieldSet(new Map())
  /** What lies under each first step. A node that is no member and has nothing below is never kept. */
  readonly #nodes: ReadonlyMap<PathElement, Node>

  private constructor(nodes: ReadonlyMap<PathElement, Node>) {
    this.#nodes = nodes
  }

  static of(...paths: readonly (readonly PathElement[])[]): FieldSet {
    return paths.reduce((set, path) => set.union(FieldSet.#single(path)), FieldSet.empty)
  }

  static fromJson(fields: FieldsV1): FieldSet {
    const nodes = new Map<PathElement, Node>()
    for (const [element, below] of Object.entries(fields)) {
      if (element === '.') continue
      const children = FieldSet.fromJson(below)
      nodes.set(element, { member: children.isEmpty || '.' in below, children })
    }
    return new FieldSet(nodes)
  }

  toJson(): FieldsV1 {
    const json: Record<PathElement, FieldsV1> = {}
    for (const [element, { member, children }] of [...this.#nodes].sort(([a], [b]) => byElement(a, b))) {
      const below = children.toJson()
      json[element] = member && !children.isEmpty ? { '.': {}, ...below } : below
    }
    return json
  }

  get isEmpty(): boolean {
    return this.#nodes.size === 0
  }

  has(path: readonly PathElement[]): boolean {
    const [first, ...rest] = path
    if (first === undefined) return false
    const node = this.#nodes.get(first)
    return node !== undefined && (rest.length === 0 ? node.member : node.children.has(rest))
  }

  /** What the set holds below one step. */
  below(element: PathElement): FieldSet {
    return this.#nodes.get(element)?.children ?? FieldSet.empty
  }

  union(other: FieldSet): FieldSet {
    if (this.isEmpty) return other
    if (other.isEmpty) return this
    const nodes = new Map(this.#nodes)
    for (const [element, node] of other.#nodes) {
      const own = nodes.get(element)
      nodes.set(
        element,
        own === undefined ? node : { member: own.member || node.member, children: own.children.union(node.children) },
      )
    }
    return new FieldSet(nodes)
  }

  intersection(other: FieldSet): FieldSet {
    if (other === this) return this
    return this.#select((element, node) => {
      const theirs = other.#nodes.get(element)
      return theirs === undefined
        ? nothing
        : withParts(node, node.member && theirs.member, node.children.intersection(theirs.children))
    })
  }

  difference(other: FieldSet): FieldSet {
    if (other.isEmpty) return this
    return this.#select((element, node) => {
      const theirs = other.#nodes.get(element)
      return theirs === undefined
        ? node
        : withParts(node, node.member && !theirs.member, node.children.difference(theirs.children))
    })
  }

  /** Without the members of `other` and everything below them. */
  without(other: FieldSet): FieldSet {
    if (other.isEmpty) return this
    return this.#select((element, node) => {
      const theirs = other.#nodes.get(element)
      if (theirs === undefined) return node
      return theirs.member ? nothing : withParts(node, node.member, node.children.without(theirs.children))
    })
  }

  equals(other: FieldSet): boolean {
    if (this.#nodes.size !== other.#nodes.size) return false
    for (const [element, node] of this.#nodes) {
      const theirs = other.#nodes.get(element)
      if (theirs === undefined || theirs.member !== node.member || !node.children.equals(theirs.children)) return false
    }
    return true
  }

  /** Every member, parents before children, in the order that the API server tells them. */
  *paths(): Iterable<PathElement[]> {
    const sorted = [...this.#nodes].sort(([a], [b]) => byElement(a, b))
    for (const [element, { member }] of sorted) if (member) yield [element]
    for (const [element, { children }] of sorted) for (const path of children.paths()) yield [element, ...path]
  }

  /** Each first step as `change` wants it. */
  map(change: (element: PathElement, member: boolean, children: FieldSet) => Node): FieldSet {
    return this.#select((element, node) => {
      const { member, children } = change(element, node.member, node.children)
      return withParts(node, member, children)
    })
  }

  /** The set itself where every node is kept as it is: what does not change is not copied. */
  #select(keep: (element: PathElement, node: Node) => Node): FieldSet {
    let same = true
    const nodes = new Map<PathElement, Node>()
    for (const [element, node] of this.#nodes) {
      const kept = keep(element, node)
      same &&= kept === node
      if (kept.member || !kept.children.isEmpty) nodes.set(element, kept)
    }
    if (same) return this
    return nodes.size === 0 ? FieldSet.empty : new FieldSet(nodes)
  }

  static #single(path: readonly PathElement[]): FieldSet {
    const [first, ...rest] = path
    if (first === undefined) return FieldSet.empty
    return new FieldSet(new Map([[first, { member: rest.length === 0, children: FieldSet.#single(rest) }]]))
  }
}

interface Node {
  readonly member: boolean
  readonly children: FieldSet
}

const nothing: Node = { member: false, children: FieldSet.empty }

function withParts(node: Node, member: boolean, children: FieldSet): Node {
  return member === node.member && children === node.children ? node : { member, children }
}

const kindOrder = 'fkvi'

function byElement(a: PathElement, b: PathElement): number {
  const kinds = kindOrder.indexOf(a[0] ?? '') - kindOrder.indexOf(b[0] ?? '')
  if (kinds !== 0) return kinds
  return a < b ? -1 : a > b ? 1 : 0
}
