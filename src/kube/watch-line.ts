import { errorOfStatus, KubeError, type KubeStatus } from './kube-error.ts'
import type { KubeObject } from './object.ts'

/** One event of a watch. */
export interface WatchLine {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  object: KubeObject
}

const types: ReadonlySet<string> = new Set<WatchLine['type']>(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK'])

/**
 * Reads one line of a watch.
 * @throws KubeError: that of an ERROR event; Unavailable for a line that is no watch event, as after a broken connection.
 */
export function parseWatchLine(text: string): WatchLine {
  let line: { type?: string; object?: unknown } | null
  try {
    line = JSON.parse(text) as typeof line
  } catch (cause) {
    throw new KubeError('Unavailable', `watch: a line of ${text.length} characters is not JSON`, { cause })
  }
  if (line?.type === 'ERROR') throw errorOfStatus(line.object as KubeStatus, 'watch')
  const metadata = (line?.object as Partial<KubeObject> | undefined)?.metadata
  if (line?.type === undefined || !types.has(line.type) || metadata === undefined) {
    throw new KubeError('Unavailable', `watch: a line of type "${line?.type ?? ''}" is no watch event`)
  }
  return line as WatchLine
}

/** Whether this bookmark ends the initial events of a streamed list (KEP-3157). */
export function isEndOfInitialEvents(bookmark: KubeObject): boolean {
  return bookmark.metadata.annotations?.['k8s.io/initial-events-end'] === 'true'
}
