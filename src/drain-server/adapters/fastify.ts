import { Server as NetServer } from 'node:net'
import type { Adapter } from './adapter.ts'
import type { FastifyApplication } from './drain-target.ts'
import { observeListenWithin } from './listening.ts'

/**
 * A fastify instance. For `localhost` it listens with a server for each address that the name stands for, and only the
 * first one is public: the others are met where they begin to listen, and known by the request listener they share.
 */
export const fastify: Adapter = (target, { adopt, onDrain }) => {
  if (!isFastify(target)) return false
  const { server } = target
  const listen = target.listen.bind(target) as (...values: unknown[]) => unknown
  adopt(server)
  const adoptSibling = (listening: NetServer): void => {
    if (listening !== server && isSibling(listening, server)) adopt(listening)
  }
  target.listen = (...values: unknown[]) => observeListenWithin(adoptSibling, () => listen(...values))
  onDrain(async () => void (await target.close()), { name: 'fastify' })
  return true
}

function isFastify(target: object): target is FastifyApplication {
  const { server, listen, addHook, close } = target as Partial<FastifyApplication>
  const methods = [listen, addHook, close]
  return server instanceof NetServer && methods.every((method) => typeof method === 'function')
}

function isSibling(one: NetServer, other: NetServer): boolean {
  const listeners = other.listeners('request')
  return one.listeners('request').some((listener) => listeners.includes(listener))
}
