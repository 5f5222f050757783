import { Server as NetServer } from 'node:net'
import type { Adapter } from './adapter.ts'
import type { NestApplication } from './drain-target.ts'

/** A Nest application, on express or on fastify. */
export const nest: Adapter = (target, { adopt, onDrain }) => {
  if (!isNest(target)) return false
  const server = target.getHttpServer()
  if (!(server instanceof NetServer)) return false
  adopt(server)
  onDrain(async () => void (await target.close()), { name: 'nest' })
  return true
}

function isNest(target: object): target is NestApplication {
  const { getHttpServer, close } = target as Partial<NestApplication>
  return typeof getHttpServer === 'function' && typeof close === 'function'
}
