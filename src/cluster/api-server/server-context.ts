import type { Clock, Random } from '../../kube/index.ts'
import type { NodeAccess } from './node-access.ts'
import type { Resources } from './resources/resources.ts'
import type { ServiceAddresses } from './resources/service-addresses.ts'
import type { History } from './storage/history.ts'
import type { StoredWrite } from './stored-write.ts'

/** What the handlers of requests share. */
export interface ServerContext {
  readonly clock: Clock
  readonly random: Random
  readonly gitVersion: string
  readonly history: History
  readonly resources: Resources
  readonly addresses: ServiceAddresses
  /** Every watch that is open, to end them. */
  readonly watches: Set<OpenWatch>
  /** Tells the listeners. */
  readonly written: (write: StoredWrite) => void
  nodeAccess: NodeAccess | undefined
}

export interface OpenWatch {
  /** With an ERROR event when there is one to tell. */
  end(error?: object): void
}

/** Now, as objects tell times: whole seconds. */
export function timestamp(clock: Clock, plusSeconds = 0): string {
  return rfc3339(clock.now() + plusSeconds * 1000)
}

export function rfc3339(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
