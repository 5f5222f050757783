import type { KubeObject } from '../../../src/kube/index.ts'
import { type ExpectedCall, json, type Reply } from '../scenario-server.ts'

const call = 'GET /api/v1/pods'

export const pod = (name: string, resourceVersion: string, { uid = `uid-${name}`, app = 'shop' } = {}): KubeObject => ({
  metadata: { namespace: 'default', name, uid, resourceVersion, labels: { app } },
})

export const added = (object: KubeObject): { type: string; object: KubeObject } => ({ type: 'ADDED', object })
export const modified = (object: KubeObject): { type: string; object: KubeObject } => ({ type: 'MODIFIED', object })
export const deleted = (object: KubeObject): { type: string; object: KubeObject } => ({ type: 'DELETED', object })
/** `end`: it also says that the streamed list is complete. */
export const bookmark = (resourceVersion: string, end = false): { type: string; object: unknown } => ({
  type: 'BOOKMARK',
  object: {
    metadata: { resourceVersion, ...(end ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}) },
  },
})
export const errorEvent = (code: number, reason: string, causes: object[] = []): { type: string; object: unknown } => ({
  type: 'ERROR',
  object: { kind: 'Status', code, reason, message: reason, details: { causes } },
})

/** The call for a list that goes on as a watch. */
export const streamedList = (reply: Reply): ExpectedCall => ({
  call,
  query: {
    watch: 'true',
    sendInitialEvents: 'true',
    resourceVersionMatch: 'NotOlderThan',
    allowWatchBookmarks: 'true',
    timeoutSeconds: '290',
    resourceVersion: null,
  },
  reply,
})

/** The call for a watch that goes on from this version. */
export const watchFrom = (resourceVersion: string, reply: Reply): ExpectedCall => ({
  call,
  query: {
    watch: 'true',
    resourceVersion,
    allowWatchBookmarks: 'true',
    timeoutSeconds: '290',
    sendInitialEvents: null,
  },
  reply,
})

/** The call for a page of a list. */
export const list = (reply: Reply, limit: string | null = '500', token: string | null = null): ExpectedCall => ({
  call,
  query: { watch: null, limit, continue: token, resourceVersion: null },
  reply,
})
export const page = (resourceVersion: string, items: KubeObject[], token?: string): Reply =>
  json({ metadata: { resourceVersion, ...(token === undefined ? {} : { continue: token }) }, items })
