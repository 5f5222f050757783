import { cloneJson } from '../../schema/json.ts'
import type { BuiltInObject } from '../built-in-kind.ts'

/** A new Service in a cluster of IPv4 alone. Its address is given out by the server. */
export function prepareService({ spec }: BuiltInObject): void {
  if (spec === undefined || spec['type'] === 'ExternalName') return
  spec['ipFamilies'] ??= ['IPv4']
  spec['ipFamilyPolicy'] ??= 'SingleStack'
  if (spec['clusterIP'] !== undefined && spec['clusterIP'] !== '') spec['clusterIPs'] ??= [spec['clusterIP']]
}

/** What was given out stays when an update does not state it. */
export function keepAllocated({ spec: next }: BuiltInObject, { spec: old }: BuiltInObject): void {
  if (next === undefined || old === undefined || next['type'] === 'ExternalName') return
  for (const name of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'healthCheckNodePort']) {
    if (next[name] === undefined && old[name] !== undefined) next[name] = cloneJson(old[name])
  }
  // The list follows the single address when only that is changed.
  const [first] = (next['clusterIPs'] as unknown[] | undefined) ?? []
  if (first === old['clusterIP'] && next['clusterIP'] !== first) next['clusterIPs'] = [next['clusterIP']]
}
