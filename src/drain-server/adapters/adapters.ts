import { inspect } from 'node:util'
import { DrainError } from '../errors.ts'
import type { Adapter, Adoption } from './adapter.ts'
import { fastify } from './fastify.ts'
import { grpcServer } from './grpc.ts'
import { nest } from './nest.ts'
import { nodeServer, serverHolder } from './node-server.ts'
import { withoutServer } from './without-server.ts'

/** The first that recognises the target takes it. */
const adapters: readonly Adapter[] = [nodeServer, fastify, nest, grpcServer, serverHolder, withoutServer]

/** @throws DrainError ERR_DRAIN_TARGET */
export function adoptTarget(target: object, adoption: Adoption): void {
  if (adapters.some((adapter) => adapter(target, adoption))) return
  throw new DrainError(
    'ERR_DRAIN_TARGET',
    `drain() needs a server, such as what app.listen(port) returns, got ${inspect(target, { depth: 0 })}`,
  )
}
