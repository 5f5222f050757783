import { FieldSet, type FieldsV1, type PathElement } from './field-set.ts'

interface Tree {
  [element: PathElement]: Tree
}

/** Collects paths, and makes the set at the end. */
export class SetBuilder {
  readonly #root: Tree = {}

  add(path: readonly PathElement[]): void {
    if (path.length === 0) return
    let tree = this.#root
    for (const element of path) {
      tree[element] ??= {}
      tree = tree[element]
    }
    tree['.'] = {}
  }

  build(): FieldSet {
    return FieldSet.fromJson(this.#root satisfies FieldsV1)
  }
}
