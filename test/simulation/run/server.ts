import type { ApiServerLike } from '../../../src/cluster/api-server/index.ts'
import type { Clock, Random } from '../../../src/kube/index.ts'
import { InterimServer } from '../interim/server.ts'

/** An API server with what the operator needs in it: namespaces and the custom resource. */
export async function makeServer(clock: Clock, _random: Random): Promise<ApiServerLike> {
  return new InterimServer(clock)
}
