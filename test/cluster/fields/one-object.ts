import { applyFields, recordUpdate } from '../../../src/cluster/api-server/fields/index.ts'
import { builtInKinds, type FieldError, type Kind } from '../../../src/cluster/api-server/kinds/index.ts'
import type { KubeObject } from '../../../src/kube/index.ts'

/** An object without the types of its kind: tests look deep into it. */
// oxlint-disable-next-line typescript/no-explicit-any -- the shape is what is tested
export type Loose = KubeObject & { spec: any; data?: any; status?: any }

/** The object may not be stored: 422. */
export class Refused extends Error {
  readonly errors: readonly FieldError[]
  constructor(errors: readonly FieldError[]) {
    super(errors.map(({ field, message }) => `${field}: ${message}`).join('\n'))
    this.errors = errors
  }
}

/** A store for one object: the steps of a write in their order, and a clock that goes on by a second each time. */
export class OneObject {
  readonly kind: Kind
  #live: Loose | undefined
  #seconds = 0

  constructor(kind: string) {
    const found = builtInKinds.find(({ resource }) => resource.kind === kind)
    if (found === undefined) throw new Error(`no kind ${kind}`)
    this.kind = found
  }

  get live(): Loose {
    if (this.#live === undefined) throw new Error('nothing was created')
    return structuredClone(this.#live)
  }

  create(manager: string, object: object): Loose {
    const next = this.#settled(structuredClone(object) as Loose)
    recordUpdate(undefined, next, { kind: this.kind, manager, now: this.#now() })
    return this.#store(next)
  }

  update(manager: string, change: (object: Loose) => void, subresource?: 'status' | 'scale'): Loose {
    const next = this.live
    change(next)
    this.#settled(next)
    const writer = { kind: this.kind, manager, now: this.#now(), ...(subresource === undefined ? {} : { subresource }) }
    recordUpdate(this.#live, next, writer)
    return this.#store(next, subresource)
  }

  apply(manager: string, fields: object, options: { force?: boolean; subresource?: 'status' } = {}): Loose {
    const { force = false, subresource } = options
    const { group, version, kind } = this.kind.resource
    const metadata = { name: 'web', namespace: 'shop', ...(fields as Partial<KubeObject>).metadata }
    const apiVersion = group === '' ? version : `${group}/${version}`
    const body = { apiVersion, kind, ...fields, metadata } as KubeObject
    const writer = {
      kind: this.kind,
      manager,
      force,
      now: this.#now(),
      ...(subresource === undefined ? {} : { subresource }),
    }
    return this.#store(applyFields(this.#live, body, writer) as Loose, subresource)
  }

  /** The fields of each owner, as `manager operation: path path`. */
  owners(): string[] {
    return (this.live.metadata.managedFields ?? []).map(({ manager, operation, subresource, fieldsV1 }) =>
      [manager, operation, ...(subresource === undefined ? [] : [subresource]), ...leaves(fieldsV1 ?? {})].join(' '),
    )
  }

  #settled(object: Loose): Loose {
    this.kind.decode(object)
    this.kind.applyDefaults(object)
    return object
  }

  #store(next: Loose, subresource?: 'status' | 'scale'): Loose {
    if (this.#live === undefined) this.kind.prepareForCreate(next)
    else this.kind.prepareForUpdate(next, this.#live, subresource)
    const errors = this.kind.validate(next, this.#live, subresource)
    if (errors.length > 0) throw new Refused(errors)
    this.#live = next
    return structuredClone(next)
  }

  #now(): string {
    return new Date(Date.UTC(2026, 0, 1, 0, 0, this.#seconds++)).toISOString().replace('.000', '')
  }
}

function leaves(fields: Readonly<Record<string, unknown>>, path = ''): string[] {
  const names = Object.keys(fields).filter((name) => name !== '.')
  const own = (names.length === 0 || '.' in fields) && path !== '' ? [path] : []
  return [
    ...own,
    ...names.flatMap((name) => leaves(fields[name] as Readonly<Record<string, unknown>>, `${path}/${name.slice(2)}`)),
  ]
}
