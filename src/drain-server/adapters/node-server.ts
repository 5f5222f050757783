import { Server as NetServer } from 'node:net'
import type { Adapter } from './adapter.ts'
import type { ServerHolder } from './drain-target.ts'

/** A server of node:http, node:https or node:http2. */
export const nodeServer: Adapter = (target, { adopt }) => {
  if (!(target instanceof NetServer)) return false
  adopt(target)
  return true
}

/** Whatever keeps its server in `server`. */
export const serverHolder: Adapter = (target, { adopt }) => {
  const { server } = target as Partial<ServerHolder>
  if (!(server instanceof NetServer)) return false
  adopt(server)
  return true
}
