import { inspect } from 'node:util'
import { Server as NetServer } from 'node:net'
import { DrainError } from '../errors.ts'
import type { Adapter, Adoption } from './adapter.ts'

/** A server of node:http, node:https or node:http2. */
const nodeServer: Adapter = (target, { adopt }) => {
  if (!(target instanceof NetServer)) return false
  adopt(target)
  return true
}

/** The first that recognises the target takes it. */
const adapters: readonly Adapter[] = [nodeServer]

/** @throws DrainError ERR_DRAIN_TARGET */
export function adoptTarget(target: object, adoption: Adoption): void {
  if (adapters.some((adapter) => adapter(target, adoption))) return
  throw new DrainError(
    'ERR_DRAIN_TARGET',
    `drain() needs a server, such as what app.listen(port) returns, got ${inspect(target, { depth: 0 })}`,
  )
}
