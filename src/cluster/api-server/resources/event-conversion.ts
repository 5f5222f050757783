import type { KubeObject } from '../../../kube/index.ts'
import type { Conversion } from './served-resource.ts'

/** The names of the same fields in `v1` and in `events.k8s.io/v1`. All others are called the same. */
const names: readonly (readonly [core: string, events: string])[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
]

/** Events are stored as `v1`, and can be read and written as `events.k8s.io/v1` too. */
export const eventConversion: Conversion = {
  fromStored: (object) => renamed(object, 'events.k8s.io/v1', new Map(names)),
  toStored: (object) => renamed(object, 'v1', new Map(names.map(([core, events]) => [events, core]))),
}

function renamed(object: KubeObject, apiVersion: string, names: ReadonlyMap<string, string>): KubeObject {
  const fields = Object.entries(object).map(([name, value]) => [names.get(name) ?? name, value as unknown])
  return { ...(Object.fromEntries(fields) as KubeObject), apiVersion }
}
