import type { Clock, KubeObject } from '../../../kube/index.ts'
import { badRequest } from '../api-error.ts'
import type { ServedResource } from '../resources/served-resource.ts'
import type { Column } from './column.ts'
import { columnsOf } from './columns.ts'

/** What `kubectl get` prints: columns, and a row of cells for each object. */
export interface Table {
  readonly kind: 'Table'
  readonly apiVersion: 'meta.k8s.io/v1'
  readonly metadata: object
  readonly columnDefinitions: readonly object[] | null
  readonly rows: readonly object[]
}

/**
 * The table of objects as they are served. Rows carry what `includeObject` asks for, metadata by default; a bookmark has
 * no cells.
 * @throws ApiError 400
 */
export function tableOf(
  resource: ServedResource,
  objects: readonly KubeObject[],
  metadata: object,
  query: Readonly<Record<string, string>>,
  clock: Clock,
  isBookmark = false,
): Table {
  const include = query['includeObject'] ?? 'Metadata'
  if (!['None', 'Metadata', 'Object', ''].includes(include)) {
    const why = `Invalid value: "${include}": must be 'Metadata', 'Object', 'None', or empty`
    throw badRequest(`Unable to convert to Table as requested: includeObject: ${why}`)
  }
  const columns = columnsOf(resource)
  const nowMs = clock.now()
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: columns.map((column) => definitionOf(column)),
    rows: objects.map((object) => ({
      cells: isBookmark ? columns.map(() => '') : columns.map(({ cell }) => cell(object, nowMs)),
      ...conditionsOf(object),
      ...(include === 'None' ? {} : { object: include === 'Object' ? object : metadataOf(object) }),
    })),
  }
}

function definitionOf({ name, type, format, description, priority }: Column): object {
  return { name, type, format: format ?? '', description: description ?? '', priority: priority ?? 0 }
}

function metadataOf({ metadata }: KubeObject): object {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata }
}

/** Rows of pods that are over say so. */
function conditionsOf(object: KubeObject): object {
  if (object.kind !== 'Pod') return {}
  const reason = (object as { status?: { phase?: string } }).status?.phase ?? ''
  const message = completions[reason]
  return message === undefined ? {} : { conditions: [{ type: 'Completed', status: 'True', reason, message }] }
}

const completions: Readonly<Record<string, string>> = {
  Succeeded: 'The pod has completed successfully.',
  Failed: 'The pod failed.',
}
