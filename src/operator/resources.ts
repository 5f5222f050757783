import { group, kind, plural, version } from '../api/index.ts'
import type { Resource } from '../kube/index.ts'

/** DrainPolicy, as the room kube addresses it. */
export const drainPolicies: Resource = { group, version, plural, kind, namespaced: true }
